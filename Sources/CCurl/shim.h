// libcurl's options are set and read by variadic functions, which Swift cannot call; here is one of a fixed form for
// each kind of value.
#include <curl/curl.h>

static inline CURLcode millrace_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode millrace_curl_set_pointer(CURL *handle, CURLoption option, const void *value) {
    return curl_easy_setopt(handle, option, value);
}

typedef size_t (*millrace_curl_write)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode millrace_curl_set_write(CURL *handle, CURLoption option, millrace_curl_write function) {
    return curl_easy_setopt(handle, option, function);
}

static inline CURLcode millrace_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
