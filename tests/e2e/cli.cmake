foreach(name cli cli_bench cli_config cli_terminal)
  add_test(NAME e2e.${name} COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/e2e/${name}.sh $<TARGET_FILE:sievert>)
endforeach()
add_test(NAME e2e.cli_words COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/e2e/cli_words.sh $<TARGET_FILE:sievert>
         $<TARGET_FILE_DIR:sievert>/words)
