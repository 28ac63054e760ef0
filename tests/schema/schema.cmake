# Debian's Python first: it is the one that has python3-jsonschema
find_program(SIEVERT_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(SIEVERT_PYTHON NAMES python3 REQUIRED)
add_test(NAME e2e.schema COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/schema/schema.sh
         $<TARGET_FILE:sievert> ${PROJECT_SOURCE_DIR}/include/sievert/schema/report.json ${SIEVERT_PYTHON})
add_test(NAME e2e.sarif COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/schema/sarif.sh $<TARGET_FILE:sievert> ${SIEVERT_PYTHON})
