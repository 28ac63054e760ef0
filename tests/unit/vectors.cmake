sievert_unit(vectors sv_builtin sv_detect sv_rules sv_sink sv_base)
target_compile_definitions(test_vectors PRIVATE SV_VECTORS="${PROJECT_SOURCE_DIR}/corpus/azure/vectors.txt")
