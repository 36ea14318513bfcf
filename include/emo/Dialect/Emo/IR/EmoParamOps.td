// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_EMO_IR_EMOPARAMOPS_TD
#define EMO_DIALECT_EMO_IR_EMOPARAMOPS_TD

include "emo/Dialect/Emo/IR/EmoAttributes.td"

def Emo_ParamOp : Emo_Op<"param", [Symbol, DeclareOpInterfaceMethods<Symbol>]> {
  let summary = "a model parameter: where its bytes are and what is done to them";
  let description = [{
    The value is the concatenation of the sources along dimension 0 (each after its own transforms), put through the
    program. Nothing is read before packaging; passes fold tensor ops on parameters into the program.
    `load_type` is the program's result type.

    ```mlir
    emo.param @layers.0.experts.up : tensor<2x128x256xf32>
      from [#emo.source<"model.safetensors", 4096, tensor<128x256xbf16>>,
            #emo.source<"model.safetensors", 69632, tensor<128x256xbf16>>]
      program [#emo.reshape<[2, 128, 256]>, #emo.cast<f32>]
    ```

    Three or more sources of one file and type at equal distances print as the first one and `repeat(count by bytes)`:

    ```mlir
    emo.param @layers.0.experts.up : tensor<1024x256xbf16>
      from [#emo.source<"model.safetensors", 4096, tensor<128x256xbf16>> repeat(8 by 65536)]
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<AnyStaticShapeTensor>:$type, ArrayAttr:$sources,
    DefaultValuedAttr<ArrayAttr, "{}">:$program);
  let assemblyFormat = "$sym_name `:` $type `from` custom<Sources>($sources) (`program` $program^)? attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// A parameter is an implementation detail of its module: unused ones may be removed.
    bool isDeclaration() { return false; }
  }];
}

def Emo_ParamRefOp : Emo_Op<"param.ref", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the value of a parameter after its weight program";
  let description = [{A tensor, or after bufferization a dense memref that is only read, of the parameter's shape and elements.}];
  let arguments = (ins FlatSymbolRefAttr:$param);
  let results = (outs Emo_Shaped:$result);
  let assemblyFormat = "$param attr-dict `:` type($result)";
}

#endif // EMO_DIALECT_EMO_IR_EMOPARAMOPS_TD
