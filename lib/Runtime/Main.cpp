// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// main of an executable artifact.
#include "CommandLine/Commands.h"

extern "C" const emo_program emo_program_descriptor __asm__("emo_program");

int main(int argc, char **argv) {
  return emo::rt::commandLine(argc, argv, emo_program_descriptor,
                              [](const emo_load_options &options, char *error, size_t bytes) { return emo_open(&options, error, bytes); });
}
