// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Device.h"

#include <cstring>

using namespace emo::rt;

std::unique_ptr<Device> emo::rt::openDevice(const emo_program &program, const emo_load_options &options, std::string &error) {
  std::string device = options.device;
  if (device != "emulate" && device != "cuda") {
    error = "the device is one of cpu, cuda and emulate, got '" + device + "'";
    return nullptr;
  }
  if (program.num_device_codes == 0) {
    error = "this program has no code for devices; compile the model with emo-compile --target=cuda or --target=cpu,cuda";
    return nullptr;
  }
  const emo_device_driver *driver = device == "cuda" ? program.cuda : program.emulator;
  if (!driver) {
    error = device == "cuda" ? "this program has no driver for CUDA; compile the model again"
                             : "this program was compiled without emulation (--no-emulation); compile it again without that option";
    return nullptr;
  }
  return driver->open(program, options.device_options ? options.device_options : "", error);
}
