set(names c++ g++)
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
  set(names clang++)
endif()
find_program(SIEVERT_CXX NAMES ${names} DOC "C++ compiler that tries the headers")
add_test(NAME install.library COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/install/library.sh
         ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
set(flags ${CMAKE_C_FLAGS})
if(SIEVERT_SANITIZE)
  string(APPEND flags " -fsanitize=${SIEVERT_SANITIZE}")
endif()
set_tests_properties(install.library PROPERTIES ENVIRONMENT
                     "CC=${CMAKE_C_COMPILER};CXX=${SIEVERT_CXX};FLAGS=${flags}")
