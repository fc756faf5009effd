"""Networks become ONNX models: one table says which nodes each layer adds (`table`), the rest is written around it."""
