plugins {
    id("com.android.application") version "8.13.0" apply false
    id("org.jetbrains.kotlin.android") version "2.3.0" apply false // LiteRT's classes have Kotlin 2.3's metadata
}
