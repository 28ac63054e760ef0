sievert_unit(git sv_git sv_base)
