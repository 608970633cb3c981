// Every command reports its errors and writes its output by these.
@_exported import ServingProgram
