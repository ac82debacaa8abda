// The app's classes beneath its screen, run on the JVM.
package keras.rnn.example

import android.content.res.AssetManager

object R {
    object string {
        const val beginning = 1
        const val next = 2
        const val restart = 3
        const val history = 4
        const val forecast = 5
    }
}

fun main() {
    val assets = AssetManager()
    Characters(assets, "char.tflite", " dehlorw", window = 2).use { model ->
        model.restart("he")
        repeat(5) { model.next() }
        println("text ${model.text}")
        println("probabilities ${model.probabilities.joinToString(",")}")
        println("state ${model.state.joinToString(",")}")
        for (beginning in listOf("hi", "h")) {
            try {
                model.restart(beginning)
            } catch (error: IllegalArgumentException) {
                println("refused ${error.message}")
            }
        }
    }
    Characters(assets, "carried.tflite", " dehlorw", window = null).use { model ->
        model.restart("h")
        repeat(4) { model.next() }
        println("carried ${model.text}")
    }
    Forecaster(assets, "gs10.tflite").use { model ->
        println("forecast ${model.forecast(floatArrayOf(0.89f, 1.44f, 2.95f, 3.96f, 4.21f, 4.29f)).joinToString(",")}")
        try {
            model.forecast(floatArrayOf(1f, Float.NaN))
        } catch (error: IllegalArgumentException) {
            println("refused ${error.message}")
        }
    }
}
