# embed_files(<target> <namespace> <base folder> FILES...): each file becomes bytes reachable by
#   namespace <namespace> { std::string_view embedded(std::string_view name); }   name relative to the base folder; "" when unknown.
# The declaration is in a generated header "<namespace>_embedded.hpp".
function(embed_files target ns base)
  set(dir "${CMAKE_CURRENT_BINARY_DIR}/embedded_${ns}")
  set(cpp "${dir}/${ns}_embedded.cpp")
  set(hpp "${dir}/${ns}_embedded.hpp")
  add_custom_command(
    OUTPUT "${cpp}" "${hpp}"
    COMMAND "${CMAKE_COMMAND}" "-DNS=${ns}" "-DBASE=${base}" "-DCPP=${cpp}" "-DHPP=${hpp}" "-DFILES=${ARGN}"
            -P "${CMAKE_SOURCE_DIR}/config/cmake/embed_script.cmake"
    DEPENDS ${ARGN} "${CMAKE_SOURCE_DIR}/config/cmake/embed_script.cmake"
    VERBATIM)
  target_sources(${target} PRIVATE "${cpp}" "${hpp}")
  target_include_directories(${target} PUBLIC "${dir}")
endfunction()
