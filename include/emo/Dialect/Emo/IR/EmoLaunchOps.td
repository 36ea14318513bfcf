// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_EMO_IR_EMOLAUNCHOPS_TD
#define EMO_DIALECT_EMO_IR_EMOLAUNCHOPS_TD

include "emo/Dialect/Emo/IR/EmoBase.td"

def Emo_LaunchArg : AnyTypeOf<[AnyStridedMemRef, I1, I8, I16, I32, I64, Index, F32, F64],
  "strided memref, integer of at most 64 bits, index, f32 or f64">;

def Emo_LaunchOp : Emo_Op<"launch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "run all tasks of a generated kernel on the runtime's pool";
  let description = [{
    `kernel` names a function `(args: !llvm.ptr, task: i64, scratch: !llvm.ptr)` that exists for every ISA level: in the level's nested
    module (`builtin.module` with the attribute `emo.isa`) or in that of the level that `emo.base_isa` names, and so on. args become one i64 each in the argument block: memrefs as the address of their
    first element (strides and sizes are passed as separate index args where a kernel needs them), integers and indices
    sign-extended, f32 and f64 as their bits. Lowered to emo_rt_parallel.
  }];
  let arguments = (ins StrAttr:$kernel, Variadic<Emo_LaunchArg>:$args, Index:$tasks, Index:$scratch_bytes);
  let assemblyFormat = "$kernel `(` $args `)` `tasks` `(` $tasks `)` `scratch` `(` $scratch_bytes `)` attr-dict `:` type($args)";
}

def Emo_DeviceLaunchOp : Emo_Op<"device_launch", [AttrSizedOperandSegments, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "run a generated kernel on the device";
  let description = [{
    `kernel` names a `gpu.func` of the `gpu.module` whose attribute `emo.device` is that of the surrounding function. args are the kernel's arguments in
    order: memrefs as the address of their first element in device memory, integers and indices as i32 or i64, as the kernel has them.
    `grid` is the number of blocks along x, y and z (nothing runs when one is 0), `threads` those of a block, `shared` the bytes of dynamic shared
    memory of a block. Launches of one entry run in order. Lowered to emo_rt_launch.

    Behind its args a kernel may take tensor maps (128 bytes by value; `emo.tensor_maps` is their number), with which it copies boxes to shared
    memory. Each of `maps` is described as a matrix: its last dimension is a row, all others together count rows. `boxes` has the rows and
    columns of each map's box; a row of a box has 128 bytes and is laid out with the 128-byte swizzle.

    ```mlir
    emo.device_launch "rms_norm_256_0"(%x, %w, %y, %rows) grid(%blocks, %c1, %c1) threads(128) shared(%c0) : memref<?x256xf32>, memref<256xf32>, memref<?x256xf32>, index
    emo.device_launch "linear_256x512_0"(%y, %rows) maps(%w, %x : memref<512x256xbf16>, memref<?x256xbf16>) boxes [256, 64, 128, 64]
      grid(%blocks, %c1, %c1) threads(384) shared(%bytes) : memref<?x512xbf16>, index
    ```
  }];
  let arguments = (ins StrAttr:$kernel, Variadic<Emo_LaunchArg>:$args, Variadic<AnyStridedMemRef>:$maps, Index:$grid_x, Index:$grid_y,
    Index:$grid_z, ConfinedAttr<I64Attr, [IntPositive]>:$threads, Index:$shared_bytes, DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$boxes);
  let hasVerifier = 1;
  let assemblyFormat = [{
    $kernel `(` $args `)` (`maps` `(` $maps^ `:` type($maps) `)` `boxes` $boxes)? `grid` `(` $grid_x `,` $grid_y `,` $grid_z `)` `threads` `(` $threads `)` `shared` `(` $shared_bytes `)`
    attr-dict (`:` type($args)^)?
  }];
}

#endif // EMO_DIALECT_EMO_IR_EMOLAUNCHOPS_TD
