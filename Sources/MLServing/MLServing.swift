@_exported public import MLServingCore
@_exported public import Tensors
