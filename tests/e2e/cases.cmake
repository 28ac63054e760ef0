# Every folder of tests/e2e that holds a file "cmd" is a test; case.sh says what else it may hold.
add_executable(expand tools/expand.c)
target_include_directories(expand PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(expand PRIVATE sievert_static)
file(GLOB cases CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/e2e/*/cmd)
foreach(cmd ${cases})
  get_filename_component(case ${cmd} DIRECTORY)
  get_filename_component(name ${case} NAME)
  add_test(NAME e2e.case.${name} COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/e2e/case.sh
           $<TARGET_FILE:sievert> $<TARGET_FILE:expand> ${case})
endforeach()
