// What the app uses of LiteRT's Kotlin interface, with the signatures that google-ai-edge/LiteRT publishes
// (litert/kotlin/src/main/kotlin/com/google/ai/edge/litert), written anew for the JVM: `run` prints what it is given on
// standard output, one line, and reads the answer from standard input, so that a test lets the real LiteRT compute it.
package com.google.ai.edge.litert

import android.content.res.AssetManager

enum class Accelerator { NONE, CPU, GPU, NPU }

abstract class JniHandle internal constructor() : AutoCloseable {
    override fun close() {}
}

class TensorBuffer internal constructor(internal val shape: String) : JniHandle() {
    internal var numbers: List<String> = List(shape.toInt()) { "0" }

    fun writeInt(data: IntArray) = write(data.map { it.toString() })

    fun writeFloat(data: FloatArray) = write(data.map { it.toString() })

    fun readInt(): IntArray = numbers.map { it.toInt() }.toIntArray()

    fun readFloat(): FloatArray = numbers.map { it.toFloat() }.toFloatArray()

    private fun write(data: List<String>) {
        check(data.size == numbers.size) { "a buffer of ${numbers.size} was given ${data.size}" }
        numbers = data
    }
}

class CompiledModel private constructor(private val file: String) : JniHandle() {
    class Options constructor(internal val accelerators: Set<Accelerator>) {
        constructor(vararg accelerators: Accelerator) : this(setOf(*accelerators))
    }

    fun createInputBuffer(inputName: String, signature: String? = null): TensorBuffer = buffer(inputName, signature)

    fun createOutputBuffer(outputName: String, signature: String? = null): TensorBuffer = buffer(outputName, signature)

    fun run(inputs: Map<String, TensorBuffer>, outputs: Map<String, TensorBuffer>, signature: String? = null) {
        val given = inputs.map { (name, buffer) -> "$name=${buffer.numbers.joinToString(",")}" }
        println("run $file $signature ${given.joinToString(" ")}")
        for (found in readln().split(" ")) {
            val (name, numbers) = found.split("=")
            outputs.getValue(name).numbers = numbers.split(",")
        }
    }

    private fun buffer(name: String, signature: String?): TensorBuffer {
        println("size $file $signature $name")
        return TensorBuffer(readln())
    }

    companion object {
        fun create(
            assetManager: AssetManager,
            assetName: String,
            options: Options = Options(Accelerator.CPU),
        ): CompiledModel {
            check(options.accelerators.isNotEmpty() && assetManager.hashCode() != 0)
            return CompiledModel(assetName)
        }
    }
}
