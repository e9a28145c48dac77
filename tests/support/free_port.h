// SPDX-License-Identifier: GPL-3.0-or-later
// A port of loopback that nobody listens at now.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace luthier::support {

// 0: there is none.
inline int freePort()
{
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool known = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0
                       && ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(socket);
    return known ? ntohs(address.sin_port) : 0;
}

} // namespace luthier::support
