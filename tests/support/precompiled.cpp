// Exists so that the precompiled header is built: CMake makes it only for a library with a source that uses it, and test_main.cpp cannot.
