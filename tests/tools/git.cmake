# Prints every object of a repository; tests compare it with what git prints.
add_executable(objdump tools/objdump.c)
target_include_directories(objdump PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(objdump PRIVATE sv_git sv_base Threads::Threads)
