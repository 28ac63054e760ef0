sievert_unit(key_files sv_builtin sv_detect sv_rules sv_sink sv_base)
