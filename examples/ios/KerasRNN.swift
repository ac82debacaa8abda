// Both models on one screen: a text that is written on with each tap, and a forecast of ten years. All on the phone.
//
// For a new iOS app in Xcode: this file in the place of its own App and ContentView, the pod TensorFlowLiteSwift 2.14 or
// later, and two files in the bundle, char.tflite and gs10.tflite: saved_models/char/hello_world/simple_rnn/model.tflite
// and saved_models/gs10/annual/simple_rnn/model.tflite of this repository.
import Foundation
import SwiftUI
import TensorFlowLite

struct RefusedError: LocalizedError {
  let errorDescription: String?

  init(_ reason: String) { errorDescription = reason }
}

private func bytes<T>(_ values: [T]) -> Data { values.withUnsafeBufferPointer { Data(buffer: $0) } }

private func floats(_ data: Data) -> [Float32] {
  [Float32](unsafeUninitializedCapacity: data.count / MemoryLayout<Float32>.stride) { buffer, count in
    count = data.copyBytes(to: buffer) / MemoryLayout<Float32>.stride
  }
}

private func interpreter(_ name: String) throws -> Interpreter {
  guard let path = Bundle.main.path(forResource: name, ofType: "tflite") else {
    throw RefusedError("The app must hold \(name).tflite.")
  }
  return try Interpreter(modelPath: path)
}

/// Writes a text on, character by character, with a model of the kind `char` and its signature `step`, which takes one
/// id and the state and gives logits and the new state.
final class Characters {
  private let vocabulary: [Character]
  private let window: Int?
  private let step: SignatureRunner
  private let zeros: Data
  private var state = Data()
  private var read = 0

  private(set) var text = ""

  /// The probability of each character of the vocabulary to come next.
  private(set) var probabilities: [Float32] = []

  /// - Parameters:
  ///   - vocabulary: the characters by id: sorted, as in the file's metadata.
  ///   - window: how many characters the model was trained to read from a zero state; nil where it carries the state on.
  init(file: String, vocabulary: String, window: Int?) throws {
    self.vocabulary = Array(vocabulary)
    self.window = window
    step = try interpreter(file).signatureRunner(with: "step")
    try step.allocateTensors()
    zeros = Data(count: try step.input(named: "h_0").data.count)
  }

  /// Begins anew.
  func restart(_ beginning: String) throws {
    let unknown = beginning.filter { !vocabulary.contains($0) }
    guard unknown.isEmpty else {
      throw RefusedError("The text must have characters of “\(String(vocabulary))” only. Received: \(unknown)")
    }
    guard beginning.count >= window ?? 1 else {
      throw RefusedError("The text must have at least \(window ?? 1) characters. Received: \(beginning)")
    }
    text = beginning
    read = 0
    try readOn()
  }

  /// Writes the most likely next character.
  func next() throws {
    guard let best = probabilities.indices.max(by: { probabilities[$0] < probabilities[$1] }) else { return }
    text.append(vocabulary[best])
    try readOn()
  }

  private func readOn() throws {
    var unread = Array(text.dropFirst(read))
    if let window {  // trained on windows: each is read from a zero state
      unread = Array(text.suffix(window))
      read = 0
    }
    for character in unread {
      guard let id = vocabulary.firstIndex(of: character) else { continue }
      let before = read == 0 ? zeros : state
      try step.invoke(with: ["ids": bytes([Int32(id)]), "h_0": before])
      state = try step.output(named: "h_0").data
      read += 1
    }
    let logits = floats(try step.output(named: "logits").data)
    let largest = logits.max() ?? 0
    let powers = logits.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    probabilities = powers.map { $0 / sum }
  }
}

/// Forecasts GS10 by the signature `forecast`: from the last six means, oldest first, the next ten, in percent.
final class Forecaster {
  private let signature: SignatureRunner

  init(file: String) throws {
    signature = try interpreter(file).signatureRunner(with: "forecast")
    try signature.allocateTensors()
  }

  func forecast(_ means: [Float32]) throws -> [Float32] {
    guard means.count == 6, means.allSatisfy(\.isFinite) else {
      throw RefusedError("There must be 6 means in percent. Received: \(means)")
    }
    try signature.invoke(with: ["history": bytes(means)])
    return floats(try signature.output(named: "prediction").data)
  }
}

@main
struct KerasRNNApp: App {
  var body: some Scene { WindowGroup { ContentView() } }
}

struct ContentView: View {
  @State private var characters: Characters?
  @State private var forecaster: Forecaster?
  @State private var beginning = "he"
  @State private var history = "0.89 1.44 2.95 3.96 4.21 4.29"
  @State private var text = ""
  @State private var bars: [(character: String, probability: Float32)] = []
  @State private var years: [Float32] = []
  @State private var refusal: String?

  var body: some View {
    Form {
      if let refusal { Text(refusal).foregroundStyle(.red) }
      Section("Text") {
        TextField("Beginning, of the letters in “hello world”", text: $beginning).textInputAutocapitalization(.never)
        Button("Restart") { attempt { try restart() } }
        Button("Next character") { attempt { try characters?.next() } }
        Text(text).font(.title).textSelection(.enabled)
        ForEach(bars, id: \.character) { bar in
          ProgressView("“\(bar.character)”", value: Double(bar.probability))
        }
      }
      Section("GS10, percent") {
        TextField("The last six means, oldest first", text: $history).keyboardType(.numbersAndPunctuation)
        Button("Forecast") { attempt { try forecast() } }
        ForEach(Array(years.enumerated()), id: \.offset) { place, mean in
          Text("+\(place + 1): \(String(format: "%.2f", mean))")
        }
      }
    }
    .onAppear { attempt { try restart(); try forecast() } }
  }

  private func restart() throws {
    if characters == nil { characters = try Characters(file: "char", vocabulary: vocabulary, window: 2) }
    try characters?.restart(beginning)
  }

  private func forecast() throws {
    if forecaster == nil { forecaster = try Forecaster(file: "gs10") }
    let means = history.split(separator: " ").map { Float32($0) ?? .nan }
    years = try forecaster?.forecast(means) ?? []
  }

  /// Does what a tap asks for, and shows what is new or why it was refused.
  private func attempt(_ work: () throws -> Void) {
    do {
      try work()
      refusal = nil
    } catch {
      refusal = error.localizedDescription
    }
    text = characters?.text ?? ""
    bars = zip(vocabulary, characters?.probabilities ?? []).map { (String($0), $1) }
  }
}

private let vocabulary = " dehlorw"
