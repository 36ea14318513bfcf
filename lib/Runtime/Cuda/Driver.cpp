// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Driver.h"

#include <dlfcn.h>
#include <mutex>

using namespace emo::rt::cuda;

static const char kLibrary[] = "libcuda.so.1";

/// A message; empty when every function was found.
static std::string load(Driver &driver) {
  void *library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = dlerror();
    return std::string("no CUDA driver: cannot load ") + kLibrary + " (" + (reason ? reason : "no reason given") +
           "); install NVIDIA's driver, or run with --device=emulate or --device=cpu";
  }
#define EMO_CUDA_FIND(name, symbol, parameters)                                                                                            \
  driver.name = reinterpret_cast<decltype(driver.name)>(dlsym(library, #symbol));                                                          \
  if (!driver.name)                                                                                                                        \
    return std::string("the CUDA driver is too old: ") + kLibrary + " has no " #symbol "; install a driver for CUDA 11.2 or newer";
  EMO_CUDA_FUNCTIONS(EMO_CUDA_FIND)
#undef EMO_CUDA_FIND
#define EMO_CUDA_FIND(name, symbol, parameters) driver.name = reinterpret_cast<decltype(driver.name)>(dlsym(library, #symbol));
  EMO_CUDA_NEW_FUNCTIONS(EMO_CUDA_FIND)
#undef EMO_CUDA_FIND
  Result result = driver.init(0);
  if (result == kNoDevice)
    return "the CUDA driver finds no GPU; run with --device=emulate or --device=cpu";
  return result ? "the CUDA driver does not start: " + driver.describe(result) : "";
}

const Driver *Driver::get(std::string &error) {
  static std::mutex mutex;
  static Driver driver;
  static bool loaded = false;
  std::lock_guard<std::mutex> lock(mutex);
  if (!loaded) {
    error = load(driver);
    loaded = error.empty();
  }
  return loaded ? &driver : nullptr;
}

std::string Driver::describe(Result result) const {
  const char *name = nullptr, *text = nullptr;
  errorName(result, &name);
  errorText(result, &text);
  return std::string(name ? name : "unknown error") + " (" + std::to_string(result) + ")" + (text ? ": " + std::string(text) : "");
}
