plugins {
    id("com.android.application")
    id("org.jetbrains.kotlin.android")
}

// The models as they ship, under the names that the app knows.
val zoo = rootDir.resolve("../../saved_models")
val assets = layout.buildDirectory.dir("models")
val copyModels by tasks.registering(Copy::class) {
    from(zoo.resolve("char/hello_world/simple_rnn/model.tflite")) { rename { "char.tflite" } }
    from(zoo.resolve("gs10/annual/simple_rnn/model.tflite")) { rename { "gs10.tflite" } }
    into(assets)
}
tasks.named("preBuild") { dependsOn(copyModels) }

android {
    namespace = "keras.rnn.example"
    compileSdk = 36

    defaultConfig {
        applicationId = "keras.rnn.example"
        minSdk = 26
        targetSdk = 36
        versionCode = 1
        versionName = "1.0"
    }

    sourceSets["main"].assets.srcDir(assets)
    androidResources { noCompress += "tflite" }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

kotlin { compilerOptions { jvmTarget = org.jetbrains.kotlin.gradle.dsl.JvmTarget.JVM_17 } }

dependencies { implementation("com.google.ai.edge.litert:litert:2.3.0") }
