#include "base/base.h"
#include <dlfcn.h>

int sv_functions_load(const char *file, const char *const *names, size_t n, void **ret_functions,
		      struct sv_err *err)
{
	void *library = dlopen(file, RTLD_LAZY | RTLD_LOCAL);

	if (library == NULL)
		return sv_err_set(err, SV_ENOTFOUND, "%s", dlerror());
	for (size_t i = 0; i < n; i++) {
		void *function = dlsym(library, names[i]);

		if (function == NULL)
			return sv_err_set(err, SV_ENOTFOUND, "%s", dlerror());
		ret_functions[i] = function;
	}
	return 0;
}
