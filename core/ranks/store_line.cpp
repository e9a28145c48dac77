// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ranks/store_line.h"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <cerrno>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace luthier::ranks {

namespace {

constexpr auto kAnswerWithin = std::chrono::seconds(5); // of a store that is there

std::vector<std::uint8_t> bytesOf(const std::string& text)
{
    return {text.begin(), text.end()};
}

std::string textOf(const std::vector<std::uint8_t>& bytes)
{
    return {bytes.begin(), bytes.end()};
}

enum class Reached { Yes, No, NoSuchHost };

// Whether somebody listens there: the store's own attempts take longer than they are told, and print what they think.
bool answers(const addrinfo& at)
{
    const int socket = ::socket(at.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool connected = socket >= 0 && ::connect(socket, at.ai_addr, at.ai_addrlen) == 0;
    if (socket >= 0 && !connected && errno == EINPROGRESS) {
        pollfd waiting{socket, POLLOUT, 0};
        int problem = 1;
        socklen_t size = sizeof problem;
        connected = ::poll(&waiting, 1, 1000) == 1 && ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0;
    }
    if (socket >= 0) {
        ::close(socket);
    }
    return connected;
}

Reached reach(const RankPlace& place, std::chrono::milliseconds patience)
{
    const auto until = std::chrono::steady_clock::now() + patience;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(place.address.c_str(), std::to_string(place.port).c_str(), &hints, &found) != 0) {
        return Reached::NoSuchHost;
    }
    bool reached = false;
    do {
        for (const addrinfo* at = found; at && !reached; at = at->ai_next) {
            reached = answers(*at);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(reached ? 0 : 100));
    } while (!reached && std::chrono::steady_clock::now() < until);
    ::freeaddrinfo(found);
    return reached ? Reached::Yes : Reached::No;
}

std::string atPlace(const RankPlace& place)
{
    return place.address + ":" + std::to_string(place.port);
}

bool speaksOf(const std::exception& problem, const char* part)
{
    return std::string(problem.what()).find(part) != std::string::npos;
}

c10::intrusive_ptr<c10d::Store> inSession(const RankPlace& place, const c10::intrusive_ptr<c10d::TCPStore>& store)
{
    return c10::make_intrusive<c10d::PrefixStore>("luthier/" + place.session, store);
}

} // namespace

StoreLine::StoreLine(c10::intrusive_ptr<c10d::Store> store) : m_store(std::move(store)) {}

StoreLine::~StoreLine() = default;

Result<std::unique_ptr<StoreLine>> StoreLine::keep(RankPlace& place)
{
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(place.port);
    options.isServer = true;
    options.waitWorkers = false;
    options.timeout = kAnswerWithin;
    try {
        // Its own side of the line; who is elsewhere comes by the address.
        auto store = c10::make_intrusive<c10d::TCPStore>("127.0.0.1", options);
        place.port = store->getPort();
        return std::unique_ptr<StoreLine>(new StoreLine(inSession(place, store)));
    } catch (const std::exception& problem) {
        if (speaksOf(problem, "EADDRINUSE") || speaksOf(problem, "already in use")) {
            return Error{"Port " + std::to_string(place.port) + " of this machine is in use, and the ranks were to meet there; set MASTER_PORT to another one"};
        }
        const std::string text = problem.what();
        return Error{"The ranks cannot meet at port " + std::to_string(place.port) + " of this machine: " + text.substr(0, text.find('\n'))};
    }
}

Result<std::unique_ptr<StoreLine>> StoreLine::connect(const RankPlace& place, std::chrono::milliseconds patience)
{
    const auto cannot = [&](const std::string& why) {
        return Error{"Rank " + std::to_string(place.rank) + " of " + std::to_string(place.size) + " cannot reach " + atPlace(place) + ": " + why + ". "
                     + (place.storeIsKept ? "Whoever started the ranks should listen there" : "Rank 0 should listen there")
                     + "; look at MASTER_ADDR and MASTER_PORT, and whether a firewall stands between."};
    };
    const Reached reached = reach(place, patience);
    if (reached != Reached::Yes) {
        return cannot(reached == Reached::NoSuchHost ? "there is no host of that name" : "nobody answered within " + std::to_string(patience.count() / 1000) + " s");
    }
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(place.port);
    options.waitWorkers = false;
    options.timeout = patience;
    try {
        auto store = c10::make_intrusive<c10d::TCPStore>(place.address, options);
        store->setTimeout(kAnswerWithin);
        return std::unique_ptr<StoreLine>(new StoreLine(inSession(place, store)));
    } catch (const std::exception& problem) {
        const std::string text = problem.what();
        return cannot("what answers there is not what ranks meet at (" + text.substr(0, text.find('\n')) + ")");
    }
}

void StoreLine::set(const std::string& name, const std::string& value)
{
    m_store->set(name, bytesOf(value));
}

std::string StoreLine::setOnce(const std::string& name, const std::string& value)
{
    return textOf(m_store->compareSet(name, {}, bytesOf(value)));
}

std::optional<std::string> StoreLine::find(const std::string& name)
{
    return m_store->check({name}) ? std::optional(textOf(m_store->get(name))) : std::nullopt;
}

std::vector<std::string> StoreLine::all(const std::vector<std::string>& names)
{
    std::vector<std::string> values;
    for (const auto& value : m_store->multiGet(names)) {
        values.push_back(textOf(value));
    }
    return values;
}

c10::intrusive_ptr<c10d::Store> StoreLine::store(const std::string& prefix) const
{
    return c10::make_intrusive<c10d::PrefixStore>(prefix, m_store);
}

} // namespace luthier::ranks
