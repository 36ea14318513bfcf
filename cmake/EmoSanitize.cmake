# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# -DEMO_SANITIZE=ON (preset asan): libraries, tools and plugin with AddressSanitizer and UndefinedBehaviorSanitizer. Not the runtime: its archives
# are linked into artifacts, which need nothing but libc.

option(EMO_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
if(EMO_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  set(EMO_RUNTIME_OPTIONS -fno-sanitize=all)
endif()
