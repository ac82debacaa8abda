package keras.rnn.example

import android.content.res.AssetManager
import com.google.ai.edge.litert.Accelerator
import com.google.ai.edge.litert.CompiledModel
import kotlin.math.exp

/**
 * Writes a text on, character by character, with a model of the kind `char` and its signature `step`, which takes one id
 * and the state and gives logits and the new state.
 *
 * @param vocabulary the characters by id: sorted, as in the file's metadata.
 * @param window how many characters the model was trained to read from a zero state; null where it carries the state on.
 */
class Characters(assets: AssetManager, file: String, private val vocabulary: String, private val window: Int?) :
    AutoCloseable {
    private val model = CompiledModel.create(assets, file, CompiledModel.Options(Accelerator.CPU))
    private val inputs = listOf("ids", "h_0").associateWith { model.createInputBuffer(it, "step") }
    private val outputs = listOf("logits", "h_0").associateWith { model.createOutputBuffer(it, "step") }
    private val zeros = FloatArray(outputs.getValue("h_0").readFloat().size)
    private var read = ""

    /** What the text so far is; a beginning of at least a window. */
    var text = ""
        private set

    /** The probability of each character of the vocabulary to come next. */
    var probabilities = FloatArray(0)
        private set

    /** The state after the last character. */
    val state: FloatArray
        get() = outputs.getValue("h_0").readFloat()

    /** Begins anew; throws IllegalArgumentException where the vocabulary lacks a character, or too few are given. */
    fun restart(beginning: String) {
        val unknown = beginning.filter { it !in vocabulary }
        require(unknown.isEmpty()) { "The text must have characters of “$vocabulary” only. Received: $unknown" }
        val least = window ?: 1
        require(beginning.length >= least) { "The text must have at least $least characters. Received: $beginning" }
        text = beginning
        read = ""
        readOn()
    }

    /** Writes the most likely next character. */
    fun next(): Char {
        val best = vocabulary[probabilities.indices.maxBy { probabilities[it] }]
        text += best
        readOn()
        return best
    }

    private fun readOn() {
        if (window != null) read = "" // trained on windows: each is read from a zero state
        val unread = if (window != null) text.takeLast(window) else text.drop(read.length)
        for (character in unread) step(character)
    }

    private fun step(character: Char) {
        val state = inputs.getValue("h_0")
        state.writeFloat(if (read.isEmpty()) zeros else outputs.getValue("h_0").readFloat())
        inputs.getValue("ids").writeInt(intArrayOf(vocabulary.indexOf(character)))
        model.run(inputs, outputs, "step")
        read += character
        probabilities = softmax(outputs.getValue("logits").readFloat())
    }

    override fun close() {
        for (buffer in inputs.values + outputs.values) buffer.close()
        model.close()
    }
}

private fun softmax(logits: FloatArray): FloatArray {
    val largest = logits.max()
    val powers = FloatArray(logits.size) { exp(logits[it] - largest) }
    val sum = powers.sum()
    return FloatArray(logits.size) { powers[it] / sum }
}
