sievert_unit(rules sv_builtin sv_rules sv_sink sv_base)
target_link_libraries(test_rules PRIVATE ${CMAKE_DL_LIBS})
