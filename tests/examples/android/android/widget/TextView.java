package android.widget;

public class TextView extends android.view.View {
    public TextView(android.content.Context context) {}
    public CharSequence getText() { return null; }
    public final void setText(CharSequence text) {}
    public final void setText(int id) {}
    public CharSequence getHint() { return null; }
    public final void setHint(CharSequence hint) {}
    public int getInputType() { return 0; }
    public void setInputType(int type) {}
    public float getTextSize() { return 0; }
    public void setTextSize(float size) {}
    public void setTextIsSelectable(boolean selectable) {}
}
