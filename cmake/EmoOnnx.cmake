# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# ONNX's own C++ library (checker, shape inference, version converter, inliner), built from the sources that its PyPI wheel
# carries. Debian's libonnx stops at opset 17. Target: emo_onnx. It throws: only lib/Import/OnnxLibrary may link it.

set(EMO_ONNX_VERSION 1.23.2)
set(EMO_ONNX_SOURCE "$ENV{EMO_ONNX_SOURCE}" CACHE PATH
    "Folder that holds an unpacked onnx ${EMO_ONNX_VERSION} wheel (contains onnx/onnx.proto); empty: fetched through pip")

# One fixed wheel, whatever the Python at hand: only its C++ and .proto files are used. The hash makes the fetch reproducible.
set(EMO_ONNX_WHEEL_TAGS --python-version 3.11 --implementation cp --abi cp311
    --platform manylinux_2_27_x86_64 --platform manylinux_2_28_x86_64)
set(EMO_ONNX_WHEEL_SHA256 c03ecf6b835d136108eeaeeafbd0026fc7b3cf98661409fbc6b63d5a29361348)

function(emo_fetch_onnx destination)
  if(EXISTS ${destination}/onnx/onnx-ml.proto)
    return()
  endif()
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  message(STATUS "Fetching the onnx ${EMO_ONNX_VERSION} wheel for its C++ sources")
  file(MAKE_DIRECTORY ${destination})
  file(WRITE ${destination}/requirements.txt "onnx==${EMO_ONNX_VERSION} --hash=sha256:${EMO_ONNX_WHEEL_SHA256}\n")
  execute_process(
    COMMAND ${Python3_EXECUTABLE} -m pip --disable-pip-version-check download --quiet --no-deps --only-binary=:all:
            --require-hashes ${EMO_ONNX_WHEEL_TAGS} --dest ${destination} -r ${destination}/requirements.txt
    RESULT_VARIABLE failed ERROR_VARIABLE errors)
  file(GLOB wheel ${destination}/onnx-${EMO_ONNX_VERSION}-*.whl)
  if(failed OR NOT wheel)
    message(FATAL_ERROR "Could not fetch the onnx ${EMO_ONNX_VERSION} wheel through pip:\n${errors}\n"
      "Unpack it yourself (it is a zip file) and configure with -DEMO_ONNX_SOURCE=FOLDER.")
  endif()
  file(ARCHIVE_EXTRACT INPUT ${wheel} DESTINATION ${destination})
  file(REMOVE ${wheel})
endfunction()

if(NOT EMO_ONNX_SOURCE)
  set(EMO_ONNX_DIR ${CMAKE_BINARY_DIR}/third_party/onnx)
  emo_fetch_onnx(${EMO_ONNX_DIR})
else()
  set(EMO_ONNX_DIR ${EMO_ONNX_SOURCE})
endif()
if(NOT EXISTS ${EMO_ONNX_DIR}/onnx/onnx-ml.proto)
  message(FATAL_ERROR "EMO_ONNX_SOURCE=${EMO_ONNX_DIR} holds no onnx/onnx-ml.proto: "
    "expected the folder that an onnx ${EMO_ONNX_VERSION} wheel was unpacked into.")
endif()

find_package(Protobuf REQUIRED)

# protoc writes onnx/*.pb.h beside each other; the library includes them as "onnx/onnx-ml.pb.h".
set(EMO_ONNX_GENERATED ${CMAKE_BINARY_DIR}/third_party/onnx-generated)
file(MAKE_DIRECTORY ${EMO_ONNX_GENERATED})
set(emo_onnx_pb_sources)
foreach(proto onnx-ml onnx-operators-ml onnx-data)
  set(pb ${EMO_ONNX_GENERATED}/onnx/${proto}.pb)
  add_custom_command(OUTPUT ${pb}.cc ${pb}.h
    COMMAND protobuf::protoc --cpp_out=${EMO_ONNX_GENERATED} -I ${EMO_ONNX_DIR} onnx/${proto}.proto
    DEPENDS ${EMO_ONNX_DIR}/onnx/${proto}.proto VERBATIM)
  list(APPEND emo_onnx_pb_sources ${pb}.cc)
endforeach()

file(GLOB_RECURSE emo_onnx_sources RELATIVE ${EMO_ONNX_DIR} ${EMO_ONNX_DIR}/onnx/*.cc)
list(FILTER emo_onnx_sources EXCLUDE REGEX "cpp2py_export\\.cc$|/fuzz/")
list(TRANSFORM emo_onnx_sources PREPEND ${EMO_ONNX_DIR}/)
# Half of the library only fills tables: definitions of operators and adapters between opsets. They are not optimised, which
# takes a third off what compiling the library costs; what reads, checks and walks models is.
set(emo_onnx_tables ${emo_onnx_sources})
list(FILTER emo_onnx_tables INCLUDE REGEX "/onnx/(defs/[a-z_]+/|version_converter/)")
list(REMOVE_ITEM emo_onnx_sources ${emo_onnx_tables})

function(emo_setup_onnx name optimisation)
  target_include_directories(${name} SYSTEM PUBLIC ${EMO_ONNX_DIR} ${EMO_ONNX_GENERATED})
  target_compile_definitions(${name} PUBLIC ONNX_NAMESPACE=onnx ONNX_ML=1)
  # Not our code: no warnings. NDEBUG although asserts on a hostile file must not abort: the checks before it are ours.
  target_compile_options(${name} PRIVATE -w -fexceptions -frtti -DNDEBUG $<$<CONFIG:Release>:${optimisation}>)
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf)
  # Nearly every file includes these; parsing them takes longer than compiling the rest of it.
  target_precompile_headers(${name} PRIVATE <algorithm> <functional> <map> <memory> <sstream> <string> <unordered_map>
    <vector> <onnx/common/common.h> <onnx/defs/function.h> <onnx/defs/schema.h> <onnx/defs/tensor_proto_util.h>)
  if(CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache")
    # Its files lie in the build tree: paths relative to that make the cache serve every build folder.
    set_target_properties(${name} PROPERTIES CXX_COMPILER_LAUNCHER
      "env;CCACHE_BASEDIR=${CMAKE_BINARY_DIR};CCACHE_NOHASHDIR=1;CCACHE_DEPEND=1;ccache")
  endif()
endfunction()

add_custom_target(emo_onnx_protos DEPENDS ${emo_onnx_pb_sources})
add_library(emo_onnx_tables OBJECT ${emo_onnx_tables})
add_dependencies(emo_onnx_tables emo_onnx_protos)
emo_setup_onnx(emo_onnx_tables -O0)
add_library(emo_onnx STATIC ${emo_onnx_sources} ${emo_onnx_pb_sources} $<TARGET_OBJECTS:emo_onnx_tables>)
emo_setup_onnx(emo_onnx -O1)
