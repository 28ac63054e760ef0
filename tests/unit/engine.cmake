sievert_unit(engine sievert_static)
add_test(NAME e2e.history COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/e2e/history.sh $<TARGET_FILE:sievert>)
add_test(NAME e2e.broken COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/e2e/broken.sh $<TARGET_FILE:sievert>)
