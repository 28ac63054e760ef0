# Hooks against the real git. A test that must be skipped says why and ends with 77.
function(sievert_hook_test name)
  add_test(NAME hooks.${name} COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/hooks/${ARGN} $<TARGET_FILE:sievert>)
  set_tests_properties(hooks.${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endfunction()
foreach(case loose packed sha256)
  add_test(NAME hooks.server-${case}
           COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/hooks/server.sh $<TARGET_FILE:sievert> ${case})
endforeach()
foreach(name policy stores client install abuse range)
  sievert_hook_test(${name} ${name}.sh)
endforeach()
foreach(transport file http ssh)
  add_test(NAME hooks.${transport}
           COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/hooks/transports.sh $<TARGET_FILE:sievert> ${transport})
  set_tests_properties(hooks.${transport} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endforeach()
foreach(manager pre-commit lefthook husky)
  add_test(NAME hooks.${manager}
           COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/hooks/managers.sh $<TARGET_FILE:sievert> ${manager})
  set_tests_properties(hooks.${manager} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endforeach()
