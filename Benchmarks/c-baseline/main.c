#include "baseline.h"

#include <signal.h>
#include <string.h>

int main(int count, char **arguments)
{
    signal(SIGPIPE, SIG_IGN);
    if (count >= 2 && strcmp(arguments[1], "--help") == 0) {
        print_usage();
        return 0;
    }
    if (count >= 2 && strcmp(arguments[1], "consumer") == 0) {
        struct options options = read_options(count - 2, arguments + 2);
        return run_consumer(&options);
    }
    if (count >= 2 && strcmp(arguments[1], "client") == 0) {
        struct options options = read_options(count - 2, arguments + 2);
        return run_client(&options);
    }
    fail("the first argument must be consumer or client; --help tells the rest");
}
