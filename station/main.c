#include "messages.h"

int main(void)
{
    lw_messages_init(NULL);
    return 2;
}
