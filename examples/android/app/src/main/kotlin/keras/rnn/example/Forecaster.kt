package keras.rnn.example

import android.content.res.AssetManager
import com.google.ai.edge.litert.Accelerator
import com.google.ai.edge.litert.CompiledModel

/** Forecasts GS10 by the signature `forecast`: from the last means, oldest first, the next ones, in percent. */
class Forecaster(assets: AssetManager, file: String) : AutoCloseable {
    private val model = CompiledModel.create(assets, file, CompiledModel.Options(Accelerator.CPU))
    private val history = model.createInputBuffer("history", "forecast")
    private val prediction = model.createOutputBuffer("prediction", "forecast")

    /** Throws IllegalArgumentException where there are not six finite means. */
    fun forecast(means: FloatArray): FloatArray {
        require(means.size == WINDOW && means.all { it.isFinite() }) {
            "There must be $WINDOW means in percent. Received: ${means.joinToString()}"
        }
        history.writeFloat(means)
        model.run(mapOf("history" to history), mapOf("prediction" to prediction), "forecast")
        return prediction.readFloat()
    }

    override fun close() {
        history.close()
        prediction.close()
        model.close()
    }

    private companion object {
        const val WINDOW = 6
    }
}
