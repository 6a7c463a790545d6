#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>
