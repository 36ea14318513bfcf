# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The exported CMake package: headers, .td files and the libraries of dialects, passes, pipelines and code generation, so that another
# out-of-tree project can write find_package(Emo) and link Emo::EmoPipelines. The import of ONNX files and tokenizers stay out: they would
# make every user need Protobuf and PCRE2; emo-translate and emo-compile are installed for that.
include(CMakePackageConfigHelpers)

get_property(emo_libs GLOBAL PROPERTY EMO_LIBS)
list(REMOVE_ITEM emo_libs EmoImportOnnx EmoImportModel EmoTargetTokenizer)
if(EMO_SANITIZE)
  foreach(lib ${emo_libs})
    target_link_options(${lib} INTERFACE ${EMO_SANITIZE_FLAGS})
  endforeach()
endif()
set(emo_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/emo)

install(TARGETS ${emo_libs} EXPORT EmoTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT EmoTargets NAMESPACE Emo:: DESTINATION ${emo_package_dir})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/emo ${CMAKE_BINARY_DIR}/include/emo DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.inc" PATTERN "CMakeFiles" EXCLUDE)
set(MLIR_VERSION_MAJOR_MINOR ${LLVM_VERSION_MAJOR}.${LLVM_VERSION_MINOR})
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/EmoConfig.cmake.in ${CMAKE_BINARY_DIR}/cmake/EmoConfig.cmake
  INSTALL_DESTINATION ${emo_package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/cmake/EmoConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/cmake/EmoConfig.cmake ${CMAKE_BINARY_DIR}/cmake/EmoConfigVersion.cmake DESTINATION ${emo_package_dir})

# The Python package finds the tools of the tree that it is in.
install(DIRECTORY ${CMAKE_SOURCE_DIR}/python/emo DESTINATION lib/python PATTERN "__pycache__" EXCLUDE)
