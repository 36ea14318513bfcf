# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Fuzz targets: emo_add_fuzzer(NAME source... DEPS library...) makes test-bin/NAME from a file with LLVMFuzzerTestOneInput.
# With -DEMO_FUZZ=ON (EmoSanitize.cmake) it is a libFuzzer program, everything instrumented with AddressSanitizer and UndefinedBehaviorSanitizer:
#   test-bin/NAME -max_total_time=300 CORPUS
# Without, the same function is driven over seeded mutations of a corpus, which is what the test suite runs:
#   test-bin/NAME RUNS CORPUS

if(NOT EMO_FUZZ)
  add_library(emo_seeded_driver OBJECT ${CMAKE_SOURCE_DIR}/test/fuzz/SeededDriver.cpp)
  emo_setup_target(emo_seeded_driver)
endif()

function(emo_add_fuzzer name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  if(EMO_FUZZ)
    add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${name} ${ARG_UNPARSED_ARGUMENTS} $<TARGET_OBJECTS:emo_seeded_driver>)
  endif()
  emo_setup_target(${name})
  add_dependencies(${name} emo-headers)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test-bin)
endfunction()
