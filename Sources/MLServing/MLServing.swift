@_exported public import MLServingCore
