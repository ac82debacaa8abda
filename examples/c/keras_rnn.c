/* Text and forecasts from the .tflite files of keras_rnn, in C alone.

     keras_rnn [-n CALLS] [-v] char.tflite TEXT COUNT     writes COUNT characters on, by the signature `step`
     keras_rnn [-n CALLS] [-v] gs10.tflite VALUE...       the next values, by the signature `forecast`

   -n repeats the last call CALLS times and says on standard error how long one took; -v prints what the last call
   gave, number by number. The vocabulary, the window and whether the state is carried from character to character are
   read from the file. Exit status 1, and the reason on standard error, where something is wrong. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "litert.h"

enum { MOST = 8, LONGEST = 4096 }; /* inputs or outputs of a signature; characters of a vocabulary or a text */

static void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(1);
}

static void check(LiteRtStatus status, const char *what) {
  if (status != kLiteRtStatusOk) fail("LiteRT could not %s (status %d).", what, (int)status);
}

/* A model that is loaded and compiled for the processor. */
typedef struct {
  LiteRtEnvironment environment;
  LiteRtModel model;
  LiteRtCompiledModel compiled;
  char *metadata; /* JSON of keras_rnn, ended by a zero */
} Model;

/* One of its signatures, with a buffer for each input and output. */
typedef struct {
  LiteRtParamIndex index, input_count, output_count;
  const char *input_names[MOST], *output_names[MOST];
  LiteRtTensorBuffer inputs[MOST], outputs[MOST];
} Signature;

static Model open_model(const char *path) {
  static const LiteRtEnvOption settings[] = {
      {kLiteRtEnvOptionTagMinLoggerSeverity, {kLiteRtAnyTypeInt, kLiteRtLogSeverityError}},
      {kLiteRtEnvOptionTagAutoRegisterAccelerators, {kLiteRtAnyTypeInt, kLiteRtHwAcceleratorCpu}}};
  Model m = {0};
  LiteRtOptions options;
  const void *json;
  size_t size;
  check(LiteRtCreateEnvironment(2, settings, &m.environment), "start");
  if (LiteRtCreateModelFromFile(m.environment, path, &m.model) != kLiteRtStatusOk) fail("%s must be a .tflite file.", path);
  if (LiteRtGetModelMetadata(m.model, "keras_rnn", &json, &size) != kLiteRtStatusOk)
    fail("%s must be a file that keras_rnn wrote.", path);
  m.metadata = calloc(size + 1, 1);
  if (!m.metadata) fail("There must be %zu bytes of memory for metadata.", size);
  memcpy(m.metadata, json, size);
  check(LiteRtCreateOptions(&options), "make options");
  check(LiteRtSetOptionsHardwareAccelerators(options, kLiteRtHwAcceleratorCpu), "choose the processor");
  check(LiteRtCreateCompiledModel(m.environment, m.model, options, &m.compiled), "compile the model");
  LiteRtDestroyOptions(options);
  return m;
}

static void close_model(Model *m) {
  LiteRtDestroyCompiledModel(m->compiled);
  LiteRtDestroyModel(m->model);
  LiteRtDestroyEnvironment(m->environment);
  free(m->metadata);
}

static void zero(LiteRtTensorBuffer buffer) {
  size_t size;
  void *memory;
  check(LiteRtGetTensorBufferPackedSize(buffer, &size), "size a buffer");
  check(LiteRtLockTensorBuffer(buffer, &memory, kLiteRtTensorBufferLockModeWrite), "open a buffer");
  memset(memory, 0, size);
  check(LiteRtUnlockTensorBuffer(buffer), "close a buffer");
}

static LiteRtTensorBuffer new_buffer(const Model *m, LiteRtTensor tensor, LiteRtTensorBufferRequirements wanted) {
  LiteRtRankedTensorType type;
  LiteRtTensorBuffer buffer;
  check(LiteRtGetRankedTensorType(tensor, &type), "read a shape");
  check(LiteRtCreateManagedTensorBufferFromRequirements(m->environment, &type, wanted, &buffer), "make a buffer");
  zero(buffer);
  return buffer;
}

static Signature open_signature(const Model *m, const char *key) {
  Signature s = {0};
  LiteRtParamIndex count;
  LiteRtSignature signature = NULL;
  LiteRtTensorBufferRequirements wanted;
  LiteRtTensor tensor;
  const char *name = "";
  check(LiteRtGetNumModelSignatures(m->model, &count), "count signatures");
  for (; s.index < count; s.index++) {
    check(LiteRtGetModelSignature(m->model, s.index, &signature), "read a signature");
    check(LiteRtGetSignatureKey(signature, &name), "read a signature's name");
    if (!strcmp(name, key)) break;
  }
  if (s.index == count) fail("The file must have the signature `%s`.", key);
  check(LiteRtGetNumSignatureInputs(signature, &s.input_count), "count inputs");
  check(LiteRtGetNumSignatureOutputs(signature, &s.output_count), "count outputs");
  if (s.input_count > MOST || s.output_count > MOST) fail("`%s` must have at most %d inputs and outputs.", key, MOST);
  for (LiteRtParamIndex i = 0; i < s.input_count; i++) {
    check(LiteRtGetSignatureInputName(signature, i, &s.input_names[i]), "read an input's name");
    check(LiteRtGetSignatureInputTensorByIndex(signature, i, &tensor), "find an input");
    check(LiteRtGetCompiledModelInputBufferRequirements(m->compiled, s.index, i, &wanted), "ask for an input");
    s.inputs[i] = new_buffer(m, tensor, wanted);
  }
  for (LiteRtParamIndex i = 0; i < s.output_count; i++) {
    check(LiteRtGetSignatureOutputName(signature, i, &s.output_names[i]), "read an output's name");
    check(LiteRtGetSignatureOutputTensorByIndex(signature, i, &tensor), "find an output");
    check(LiteRtGetCompiledModelOutputBufferRequirements(m->compiled, s.index, i, &wanted), "ask for an output");
    s.outputs[i] = new_buffer(m, tensor, wanted);
  }
  return s;
}

static void close_signature(Signature *s) {
  for (LiteRtParamIndex i = 0; i < s->input_count; i++) LiteRtDestroyTensorBuffer(s->inputs[i]);
  for (LiteRtParamIndex i = 0; i < s->output_count; i++) LiteRtDestroyTensorBuffer(s->outputs[i]);
}

/* Buffers by name: their order differs between files and interfaces. */
static LiteRtTensorBuffer *by_name(const char *name, LiteRtParamIndex count, const char **names,
                                   LiteRtTensorBuffer *buffers) {
  for (LiteRtParamIndex i = 0; i < count; i++)
    if (!strcmp(names[i], name)) return &buffers[i];
  fail("The signature must have `%s`.", name);
  return NULL;
}

static void write_input(Signature *s, const char *name, const void *data, size_t size) {
  LiteRtTensorBuffer buffer = *by_name(name, s->input_count, s->input_names, s->inputs);
  size_t room;
  void *memory;
  check(LiteRtGetTensorBufferPackedSize(buffer, &room), "size an input");
  if (room != size) fail("`%s` must have %zu values. Received: %zu", name, room / 4, size / 4);
  check(LiteRtLockTensorBuffer(buffer, &memory, kLiteRtTensorBufferLockModeWrite), "open an input");
  memcpy(memory, data, size);
  check(LiteRtUnlockTensorBuffer(buffer), "close an input");
}

/* What an output holds, which the caller frees, and how many numbers it is. */
static float *read_output(Signature *s, const char *name, size_t *count) {
  LiteRtTensorBuffer buffer = *by_name(name, s->output_count, s->output_names, s->outputs);
  size_t size;
  void *memory;
  check(LiteRtGetTensorBufferPackedSize(buffer, &size), "size an output");
  float *values = malloc(size);
  if (!values) fail("There must be %zu bytes of memory for an output.", size);
  check(LiteRtLockTensorBuffer(buffer, &memory, kLiteRtTensorBufferLockModeRead), "open an output");
  memcpy(values, memory, size);
  check(LiteRtUnlockTensorBuffer(buffer), "close an output");
  *count = size / sizeof(float);
  return values;
}

static void run(const Model *m, Signature *s) {
  check(LiteRtRunCompiledModel(m->compiled, s->index, s->input_count, s->inputs, s->output_count, s->outputs), "run");
}

/* The state is whatever goes in and comes out under one name: the new one's buffer is the next call's input. */
static void carry_state(Signature *s) {
  for (LiteRtParamIndex i = 0; i < s->input_count; i++)
    for (LiteRtParamIndex j = 0; j < s->output_count; j++)
      if (!strcmp(s->input_names[i], s->output_names[j])) {
        LiteRtTensorBuffer next = s->outputs[j];
        s->outputs[j] = s->inputs[i];
        s->inputs[i] = next;
      }
}

static void zero_state(Signature *s) {
  for (LiteRtParamIndex i = 0; i < s->input_count; i++)
    for (LiteRtParamIndex j = 0; j < s->output_count; j++)
      if (!strcmp(s->input_names[i], s->output_names[j])) zero(s->inputs[i]);
}

static void measure(const Model *m, Signature *s, long calls) {
  struct timespec start, end;
  if (!calls) return;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (long i = 0; i < calls; i++) run(m, s);
  clock_gettime(CLOCK_MONOTONIC, &end);
  fprintf(stderr, "%.3f microseconds a call\n",
          (1e9 * (end.tv_sec - start.tv_sec) + end.tv_nsec - start.tv_nsec) / 1e3 / calls);
}

static void print_all(const float *values, size_t count) {
  for (size_t i = 0; i < count; i++) printf("%.9g\n", values[i]);
}

/* The characters of the vocabulary by id, from `"vocabulary":"…"`: UTF-8, with JSON's short escapes. */
static int read_vocabulary(const char *json, char characters[][5]) {
  static const char escapes[] = "n\nt\tr\rb\bf\f\"\"\\\\//";
  const char *at = strstr(json, "\"vocabulary\":\"");
  int count = 0;
  if (!at) fail("The file must have a vocabulary.");
  for (at += strlen("\"vocabulary\":\""); *at && *at != '"'; count++) {
    int length = 0;
    if (count == LONGEST) fail("A vocabulary must have at most %d characters.", LONGEST);
    if (*at == '\\') {
      for (const char *e = escapes; *e; e += 2)
        if (at[1] == e[0]) characters[count][length++] = e[1];
      if (!length) fail("The vocabulary must have no \\%c.", at[1]);
      at += 2;
    } else {
      do characters[count][length++] = *at++;
      while ((*at & 0xC0) == 0x80 && length < 4); /* the further bytes of one character */
    }
    characters[count][length] = 0;
  }
  return count;
}

static int ids_of(const char *text, int count, char characters[][5], int *ids, int room) {
  int length = 0;
  while (*text) {
    int id = 0;
    while (id < count && strncmp(text, characters[id], strlen(characters[id]))) id++;
    if (id == count) fail("TEXT must have characters of the vocabulary only. Received: %s", text);
    if (length == room) fail("TEXT must have at most %d characters.", room);
    ids[length++] = id;
    text += strlen(characters[id]);
  }
  return length;
}

static void write_text(const Model *m, const char *text, int more, long calls, bool verbose) {
  static char characters[LONGEST][5];
  static int ids[2 * LONGEST];
  Signature step = open_signature(m, "step");
  const char *at = strstr(m->metadata, "\"window\":");
  int window = at ? atoi(at + strlen("\"window\":")) : 0;
  bool carried = strstr(m->metadata, "\"carried\":true") != NULL;
  int known = read_vocabulary(m->metadata, characters);
  int length = ids_of(text, known, characters, ids, LONGEST), read = 0;
  size_t count = 0;
  float *logits = NULL;
  if (!length || (!carried && length < window)) fail("TEXT must have at least %d characters.", carried ? 1 : window);
  if (more < 1 || more > LONGEST) fail("COUNT must be 1 to %d. Received: %d", LONGEST, more);
  fputs(text, stdout);
  for (int i = 0; i < more; i++) {
    if (!carried) { /* trained on windows: each new character is of the window before it, from a zero state */
      zero_state(&step);
      read = length - window;
    }
    for (; read < length; read++) {
      write_input(&step, "ids", &ids[read], sizeof(int));
      if (read > 0 && (carried || read > length - window)) carry_state(&step);
      run(m, &step);
    }
    free(logits);
    logits = read_output(&step, "logits", &count);
    if (count != (size_t)known) fail("`logits` must have %d values. Received: %zu", known, count);
    int best = -1;
    for (int j = 0; j < known; j++) /* U+FFFD stands for unknown characters, and is never written */
      if (strcmp(characters[j], "\xEF\xBF\xBD") && (best < 0 || logits[j] > logits[best])) best = j;
    if (best < 0) fail("The vocabulary must have a character that can be written.");
    ids[length++] = best;
    fputs(characters[best], stdout);
    fflush(stdout);
  }
  putchar('\n');
  if (verbose) print_all(logits, count);
  free(logits);
  measure(m, &step, calls);
  close_signature(&step);
}

static void forecast(const Model *m, int count, char **words, long calls, bool verbose) {
  float history[LONGEST];
  size_t ahead;
  Signature s = open_signature(m, "forecast");
  if (count > LONGEST) fail("There must be at most %d values.", LONGEST);
  for (int i = 0; i < count; i++) {
    char *end;
    history[i] = strtof(words[i], &end);
    if (end == words[i] || *end) fail("VALUE must be a number. Received: %s", words[i]);
  }
  write_input(&s, "history", history, count * sizeof(float));
  run(m, &s);
  float *prediction = read_output(&s, "prediction", &ahead);
  for (size_t i = 0; i < ahead; i++) printf("%.2f%c", prediction[i], i + 1 < ahead ? ' ' : '\n');
  if (verbose) print_all(prediction, ahead);
  free(prediction);
  measure(m, &s, calls);
  close_signature(&s);
}

int main(int count, char **words) {
  long calls = 0;
  bool verbose = false;
  int i = 1;
  for (; i < count && words[i][0] == '-' && strchr("nv", words[i][1]) && words[i][1]; i++)
    if (words[i][1] == 'v')
      verbose = true;
    else if (++i < count)
      calls = atol(words[i]);
  if (count - i < 3) fail("usage: %s [-n CALLS] [-v] char.tflite TEXT COUNT | gs10.tflite VALUE...", words[0]);
  Model m = open_model(words[i]);
  if (strstr(m.metadata, "\"kind\":\"char\""))
    write_text(&m, words[i + 1], atoi(words[i + 2]), calls, verbose);
  else
    forecast(&m, count - i - 1, words + i + 1, calls, verbose);
  close_model(&m);
  return 0;
}
