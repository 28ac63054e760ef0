# Prints every object of a repository; tests compare it with what git prints.
add_executable(objdump tools/objdump.c)
target_include_directories(objdump PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(objdump PRIVATE sv_git sv_base Threads::Threads)
add_test(NAME e2e.objects COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/e2e/objects.sh $<TARGET_FILE:objdump>)
add_test(NAME e2e.git_storage COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/e2e/git_storage.sh $<TARGET_FILE:sievert> $<TARGET_FILE:objdump>)
