package keras.rnn.example

import android.app.Activity
import android.os.Bundle
import android.text.InputType
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.ScrollView
import android.widget.TextView

/** Both models on one screen: a text that is written on with each tap, and a forecast of ten years. */
class MainActivity : Activity() {
    private lateinit var characters: Characters
    private lateinit var forecaster: Forecaster

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        characters = Characters(assets, "char.tflite", VOCABULARY, window = 2)
        forecaster = Forecaster(assets, "gs10.tflite")

        val beginning = field(getString(R.string.beginning), "he", InputType.TYPE_CLASS_TEXT)
        val written = label("")
        val history = field(getString(R.string.history), "0.89 1.44 2.95 3.96 4.21 4.29", InputType.TYPE_CLASS_TEXT)
        val years = label("")
        val restart = button(R.string.restart) {
            written.text = answer { characters.restart(beginning.text.toString()); described() }
        }
        val next = button(R.string.next) {
            written.text = answer { characters.next(); described() }
        }
        val forecast = button(R.string.forecast) {
            years.text = answer {
                val means = history.text.trim().split(Regex("\\s+")).map { it.toFloatOrNull() ?: Float.NaN }
                forecaster.forecast(means.toFloatArray()).joinToString("\n") { "%.2f %%".format(it) }
            }
        }
        val column = LinearLayout(this).apply { orientation = LinearLayout.VERTICAL }
        for (view in listOf(beginning, restart, next, written, history, forecast, years)) {
            column.addView(view, LinearLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT))
        }
        column.setPadding(MARGIN, MARGIN, MARGIN, MARGIN)
        setContentView(ScrollView(this).apply {
            fitsSystemWindows = true
            addView(column)
        })
        restart.performClick()
        forecast.performClick()
    }

    override fun onDestroy() {
        characters.close()
        forecaster.close()
        super.onDestroy()
    }

    /** The text so far, and the next characters with their probabilities, most likely first. */
    private fun described(): String {
        val bars = characters.probabilities.withIndex().sortedByDescending { it.value }
            .joinToString("\n") { (id, p) -> "“${VOCABULARY[id]}” ${"█".repeat((20 * p).toInt())} ${"%.0f".format(100 * p)} %" }
        return "${characters.text}\n\n$bars"
    }

    /** What `compute` gives, or why it cannot. */
    private fun answer(compute: () -> String): String =
        try {
            compute()
        } catch (error: IllegalArgumentException) {
            error.message.orEmpty()
        }

    private fun field(hint: String, value: String, type: Int) = EditText(this).apply {
        this.hint = hint
        inputType = type
        setText(value)
    }

    private fun label(value: String) = TextView(this).apply {
        text = value
        textSize = 18f
        setTextIsSelectable(true)
    }

    private fun button(name: Int, action: () -> Unit) = Button(this).apply {
        setText(name)
        setOnClickListener { action() }
    }

    private companion object {
        const val VOCABULARY = " dehlorw"
        const val MARGIN = 48
    }
}
