# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Helpers shared by all folders: common flags, the precompiled header, library and tool targets.

# -O1: a compilation spends its time in MLIR's and LLVM's libraries, and no more of it with -O1 here; a build from clean is faster.
set(EMO_COMPILE_OPTIONS -Wall -Wextra -Wno-unused-parameter -Werror=return-type -fno-rtti -fno-exceptions
    $<$<CONFIG:Release>:-O1>)

# One precompiled header of what nearly every file includes, MLIR's dialects and emo's own: parsing them takes up to 15 s a file.
add_library(emo_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
target_include_directories(emo_pch PRIVATE ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/include)
target_include_directories(emo_pch SYSTEM PRIVATE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
add_dependencies(emo_pch emo-headers)
target_compile_options(emo_pch PRIVATE ${EMO_COMPILE_OPTIONS})
target_precompile_headers(emo_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)

define_property(GLOBAL PROPERTY EMO_LIBS BRIEF_DOCS "emo's compiler libraries")

function(emo_setup_target name)
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<BUILD_INTERFACE:${CMAKE_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:include>)
  target_include_directories(${name} SYSTEM PUBLIC
    $<BUILD_INTERFACE:${MLIR_INCLUDE_DIRS}> $<BUILD_INTERFACE:${LLVM_INCLUDE_DIRS}>)
  target_compile_options(${name} PRIVATE ${EMO_COMPILE_OPTIONS})
  target_precompile_headers(${name} REUSE_FROM emo_pch)
endfunction()

# emo_add_library(NAME source... DEPS library...): a static compiler library linked to the MLIR dylib.
function(emo_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  emo_setup_target(${name})
  add_dependencies(${name} emo-headers)
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} MLIR)
  set_property(GLOBAL APPEND PROPERTY EMO_LIBS ${name})
endfunction()

# emo_add_tool(NAME source... DEPS library...)
function(emo_add_tool name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  emo_setup_target(${name})
  add_dependencies(${name} emo-headers)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} MLIR LLVM)
  install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
