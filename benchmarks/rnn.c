/* The limit that the LiteRT benchmark measures against: one window of a plain RNN and its head, as a C loop.

   Times are taken inside, over `calls` calls, so that nothing of Python is in them. */
#include <math.h>
#include <string.h>

#define MAXIMUM_UNITS 1024

static void add_product(int rows, int columns, const float *x, const float *w, float *z) {
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) z[j] += x[i] * w[i * columns + j];
}

/* x (steps, features), or ids (steps) that choose rows of the kernel; h (units) is left as the last state. */
static void window(int steps, int features, int units, const float *x, const int *ids, const float *kernel,
                   const float *recurrent, const float *bias, float *h) {
  float z[MAXIMUM_UNITS];
  for (int t = 0; t < steps; t++) {
    memcpy(z, bias, units * sizeof(float));
    if (ids)
      for (int j = 0; j < units; j++) z[j] += kernel[ids[t] * units + j];
    else
      add_product(features, units, x + t * features, kernel, z);
    if (t) add_product(units, units, h, recurrent, z);
    for (int j = 0; j < units; j++) h[j] = tanhf(z[j]);
  }
}

static void head(int units, int outputs, const float *h, const float *kernel, const float *bias, float *o) {
  memcpy(o, bias, outputs * sizeof(float));
  add_product(units, outputs, h, kernel, o);
}

void predict(int calls, int steps, int features, int units, int outputs, const float *x, const int *ids,
             const float *kernel, const float *recurrent, const float *bias, const float *output_kernel,
             const float *output_bias, float *o) {
  float h[MAXIMUM_UNITS];
  for (int call = 0; call < calls; call++) {
    window(steps, features, units, x, ids, kernel, recurrent, bias, h);
    head(units, outputs, h, output_kernel, output_bias, o);
    __asm__ volatile("" ::: "memory"); /* every call is made, though all give the same */
  }
}

/* ids has room for steps + length; each new one is of the window before it. */
void generate(int calls, int steps, int length, int features, int units, int outputs, int *ids, const float *kernel,
              const float *recurrent, const float *bias, const float *output_kernel, const float *output_bias) {
  float h[MAXIMUM_UNITS], o[MAXIMUM_UNITS];
  for (int call = 0; call < calls; call++) {
    for (int i = 0; i < length; i++) {
      int best = 0;
      window(steps, features, units, 0, ids + i, kernel, recurrent, bias, h);
      head(units, outputs, h, output_kernel, output_bias, o);
      for (int j = 1; j < outputs; j++)
        if (o[j] > o[best]) best = j;
      ids[steps + i] = best;
    }
    __asm__ volatile("" ::: "memory");
  }
}
