# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# -DEMO_SANITIZE=ON (preset asan): libraries, tools and plugin with AddressSanitizer and UndefinedBehaviorSanitizer. Not the runtime: its archives
# are linked into artifacts, which need nothing but libc. -DEMO_FUZZ=ON: everything, for libFuzzer.
# Included before the first target, the precompiled header, is made: it must have the flags of those that use it.

option(EMO_FUZZ "Build the fuzz targets with libFuzzer and sanitizers" OFF)
if(EMO_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=address,undefined)
endif()

option(EMO_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
if(EMO_SANITIZE)
  set(EMO_SANITIZE_FLAGS -fsanitize=address,undefined -fno-sanitize=vptr)
  add_compile_options(${EMO_SANITIZE_FLAGS} -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(${EMO_SANITIZE_FLAGS})
  set(EMO_RUNTIME_OPTIONS -fno-sanitize=all)
  # LLVM's headers poison their allocators' memory, LLVM's libraries, which are not instrumented, never unpoison it. Contexts live until exit.
  # A size that no machine has is an error of ours, not of the allocator.
  set(EMO_ASAN_OPTIONS allow_user_poisoning=0:detect_leaks=0:allocator_may_return_null=1)
  set(options_file ${CMAKE_BINARY_DIR}/asan-options)
  file(WRITE ${options_file}.c "const char *__asan_default_options(void) { return \"${EMO_ASAN_OPTIONS}\"; }\n")
  execute_process(COMMAND ${CMAKE_C_COMPILER} -c -fPIC ${options_file}.c -o ${options_file}.o COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libclang_rt.asan-x86_64.so OUTPUT_VARIABLE EMO_ASAN_RUNTIME
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(APPEND CMAKE_EXE_LINKER_FLAGS " ${options_file}.o")
endif()
