package android.text;

public interface InputType {
    int TYPE_CLASS_TEXT = 1;
}
