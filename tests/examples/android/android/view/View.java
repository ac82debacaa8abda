package android.view;

public class View {
    public interface OnClickListener {
        void onClick(View view);
    }

    public boolean performClick() { return false; }
    public void setOnClickListener(OnClickListener listener) {}
    public void setPadding(int left, int top, int right, int bottom) {}
    public boolean getFitsSystemWindows() { return false; }
    public void setFitsSystemWindows(boolean fits) {}
}
