// SPDX-License-Identifier: GPL-3.0-or-later
// The team over c10d: texts by its store, numbers in CPU memory by Gloo, those on cards by NCCL.
#include "core/ranks/nccl.h"
#include "core/ranks/team.h"

#include "core/ranks/launcher.h"
#include "core/ranks/watch.h"

#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/Device.h>

#include <arpa/inet.h>
#include <chrono>
#include <cstdlib>
#include <netdb.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace luthier::ranks {

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;
constexpr double kReachWithin = 8;
constexpr double kNamedAfter = 10; // who has not come
constexpr auto kToldWithin = std::chrono::seconds(8); // why this rank did not join
constexpr auto kSlice = std::chrono::milliseconds(100);
constexpr auto kConnectWithin = std::chrono::seconds(30); // the ranks among each other
constexpr auto kForEver = std::chrono::hours(24 * 365);   // the watch knows better
constexpr double kComeWithin = 60;
constexpr double kToldAfter = 30; // whom a rank waits for
constexpr double kPatience = 600; // with another's step

// The time limit goes with each operation: Gloo's own setter is hidden in some of LibTorch's builds.
template <typename Options>
Options waiting()
{
    Options options;
    options.timeout = kForEver;
    return options;
}

double setting(const char* name, double usual)
{
    const char* text = std::getenv(name);
    const double value = text == nullptr ? 0 : std::atof(text);
    return value > 0 ? value : usual;
}

// Who starts slowly, the first rank too, is waited for where that is said.
std::chrono::milliseconds reachWithin()
{
    return std::chrono::milliseconds(static_cast<std::int64_t>(1000 * setting("LUTHIER_RANK_COMING", kReachWithin)));
}

// Of tests: what cards sum goes by the host's memory and Gloo, so that several ranks can share one card.
bool sumByHost()
{
    const char* text = std::getenv("LUTHIER_CARD_SUMS");
    return text != nullptr && std::string(text) == "host";
}

// This machine's address on the way to the store; empty: unknown.
std::string ownAddress(const RankPlace& place)
{
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(place.address.c_str(), std::to_string(place.port).c_str(), &hints, &found) != 0) {
        return {};
    }
    std::string address;
    const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in own{};
    socklen_t size = sizeof own;
    if (socket >= 0 && ::connect(socket, found->ai_addr, found->ai_addrlen) == 0
        && ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) == 0) {
        char text[INET_ADDRSTRLEN] = {};
        address = ::inet_ntop(AF_INET, &own.sin_addr, text, sizeof text) ? text : "";
    }
    if (socket >= 0) {
        ::close(socket);
    }
    ::freeaddrinfo(found);
    return address;
}

class C10dTeam : public Team {
public:
    C10dTeam(RankPlace place, std::unique_ptr<StoreLine> line, std::unique_ptr<StoreLine> ofWatch)
        : m_place(std::move(place)), m_line(std::move(line)), m_watch(m_place, std::move(ofWatch))
    {
    }

    ~C10dTeam() override
    {
        // Threads of Gloo that wait for a rank that is gone cannot be joined; the process ends soon and takes them along.
        if (m_watch.brokenBy()) {
            static_cast<void>(m_gloo.release());
        }
    }

    // Throws Broken, or what c10d throws.
    Result<void> meet(const std::string& device, const std::function<void(const std::string&)>& onWaiting);

    const RankPlace& place() const override { return m_place; }
    void says(const std::string& doing) override { m_watch.says(doing); }
    std::vector<double> sums(std::vector<double> own) override;
    std::vector<std::vector<double>> all(const std::vector<double>& own) override;
    std::vector<std::string> texts(const std::string& own) override;
    void sum(const at::Tensor& tensor) override;
    void sumBeside(const at::Tensor& tensor) override;
    void joinSums() override;
    void sumPartBeside(const at::Tensor& whole, const at::Tensor& own) override;
    void gatherBeside(const at::Tensor& own, const at::Tensor& whole) override;
    void spread(const at::Tensor& tensor) override;
    double takeWaited() override { return std::exchange(m_waited, 0); }
    void fail(const std::string& sentence) override { m_watch.fail(sentence); }
    std::optional<std::string> brokenBy() const override { return m_watch.brokenBy(); }
    void onBroken(std::function<void()> handler) override;
    void onWaiting(std::function<void(const std::string&)> handler) override { m_onWaiting = std::move(handler); }
    void leave() override;

private:
    class Waiting;

    void await(const c10::intrusive_ptr<c10d::Work>& work);
    [[noreturn]] void endBroken();
    void throwWhereBroken();

    RankPlace m_place;
    std::unique_ptr<StoreLine> m_line;
    c10::intrusive_ptr<c10d::Backend> m_gloo;
    std::unique_ptr<Nccl> m_nccl;
    std::optional<at::Device> m_card;
    double m_waited = 0;
    std::int64_t m_texts = 0;
    std::function<void(const std::string&)> m_onWaiting;
    std::function<void()> m_onBroken;
    Watch m_watch; // last: its thread goes first
};

// One wait for others: counted, told to the watch, and given up where something is broken.
class C10dTeam::Waiting {
public:
    explicit Waiting(C10dTeam& team) : m_team(team) { team.m_watch.waits(true); }
    ~Waiting()
    {
        m_team.m_watch.waits(false);
        m_team.m_waited += Seconds(Clock::now() - m_begun).count();
    }

    void goOn()
    {
        m_team.throwWhereBroken();
        const double waited = Seconds(Clock::now() - m_begun).count();
        static const double patience = setting("LUTHIER_RANK_PATIENCE", kPatience);
        if (waited > patience) {
            if (const std::string who = m_team.m_watch.whoWorks(true); !who.empty()) {
                const std::string sentence = "It waited " + std::to_string(static_cast<long>(waited)) + " s for " + who + ". It hangs.";
                m_team.m_watch.fail(sentence);
                throw Broken(sentence);
            }
        }
        static const double told = setting("LUTHIER_RANK_TOLD", kToldAfter);
        if (waited > m_told + told) {
            m_told = waited;
            const std::string who = m_team.m_watch.whoWorks(false);
            if (m_team.m_onWaiting && !who.empty()) {
                m_team.m_onWaiting("Waiting for " + who + ".");
            }
        }
    }

private:
    C10dTeam& m_team;
    Clock::time_point m_begun = Clock::now();
    double m_told = 0;
};

void C10dTeam::throwWhereBroken()
{
    if (const auto sentence = m_watch.brokenBy()) {
        m_watch.heard();
        throw Broken(*sentence);
    }
}

// A connection broke; why is known elsewhere a little later.
void C10dTeam::endBroken()
{
    for (int i = 0; i < 30; ++i) {
        throwWhereBroken();
        std::this_thread::sleep_for(kSlice);
    }
    const std::string sentence = "The connection to another rank broke, and it did not say why; its own messages, or its machine's, may tell.";
    m_watch.fail(sentence);
    throw Broken(sentence);
}

void C10dTeam::await(const c10::intrusive_ptr<c10d::Work>& work)
{
    Waiting waiting(*this);
    for (;;) {
        const bool isOver = work->isCompleted(); // asked before: it may end well just when the wait gives up
        try {
            work->wait(kSlice);
            return;
        } catch (const std::exception&) {
            if (isOver) {
                break; // it failed; outside of the handler, which holds what it threw
            }
        }
        if (!work->isCompleted()) {
            waiting.goOn();
        }
    }
    endBroken();
}

// NCCL of the others would wait for a rank whose card is not there.
Result<void> haveCard(const std::string& device)
{
    const int cards = device.rfind("cuda", 0) == 0 ? numCards() : 0;
    const int card = device.rfind("cuda:", 0) == 0 ? std::atoi(device.c_str() + 5) : 0;
    if (device.rfind("cuda", 0) != 0 || card < cards) {
        return {};
    }
    return Error{"device " + device + " is not there: this machine has " + (cards == 0 ? std::string("no card that Luthier can use") : std::to_string(cards) + (cards == 1 ? " card" : " cards"))
                 + ". Start one rank for each card, or train with --devices cpu:2"};
}

Result<void> C10dTeam::meet(const std::string& device, const std::function<void(const std::string&)>& onWaiting)
{
    if (auto there = haveCard(device); !there) {
        m_watch.fail(there.message());
        return there;
    }
    const auto begun = Clock::now();
    const double comeWithin = setting("LUTHIER_RANK_COMING", kComeWithin);
    double named = kNamedAfter;
    while (const auto missing = m_watch.missing()) {
        if (const auto broken = m_watch.brokenBy()) {
            m_watch.heard();
            return Error{*broken};
        }
        if (Seconds(Clock::now() - begun).count() > comeWithin) {
            const std::string sentence = "Rank " + std::to_string(*missing) + " of " + std::to_string(m_place.size) + " has not come to " + m_place.address + ":"
                                         + std::to_string(m_place.port) + " within " + std::to_string(static_cast<long>(comeWithin))
                                         + " s. Is the program started once for each rank (torchrun, srun)?";
            m_watch.fail(sentence);
            return Error{sentence};
        }
        if (const double waited = Seconds(Clock::now() - begun).count(); leads() && onWaiting && waited > named) {
            named += kToldAfter;
            onWaiting("Waiting for rank " + std::to_string(*missing) + " of " + std::to_string(m_place.size) + ", which has not come to " + m_place.address + ":" + std::to_string(m_place.port)
                      + " yet; it is waited for until " + std::to_string(static_cast<long>(comeWithin)) + " s are over.");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    auto options = c10d::ProcessGroupGloo::Options::create(kConnectWithin);
    const std::string address = ownAddress(m_place);
    options->devices.push_back(address.empty() ? c10d::ProcessGroupGloo::createDefaultDevice() : c10d::ProcessGroupGloo::createDeviceForHostname(address));
    options->threads = 1;
    try {
        m_gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(m_line->store("gloo"), m_place.rank, m_place.size, std::move(options));
    } catch (const std::exception& problem) {
        throwWhereBroken();
        const std::string text = problem.what();
        const std::string sentence = "The ranks reach " + m_place.address + ", but not each other: " + text.substr(0, text.find('\n'));
        m_watch.fail(sentence);
        return Error{sentence};
    }
    if (device.rfind("cuda", 0) != 0) {
        return {};
    }
    m_card = at::Device(device);
    if (sumByHost()) {
        return {};
    }
    auto nccl = makeNccl(m_place.rank, m_place.size, *m_card, [this](const std::string& own) { return fromFirst(own); });
    if (!nccl) {
        m_watch.fail(nccl.message());
        return nccl.error();
    }
    m_nccl = std::move(*nccl);
    onBroken({});
    return {};
}

void C10dTeam::onBroken(std::function<void()> handler)
{
    // Sums that are queued on a card wait for ranks that are gone, and who waits for the card with them.
    m_watch.onBroken([nccl = m_nccl.get(), handler = std::move(handler)] {
        if (handler) {
            handler();
        }
        if (nccl) {
            nccl->abort();
        }
    });
}

std::vector<double> C10dTeam::sums(std::vector<double> own)
{
    at::Tensor tensor = at::zeros({static_cast<std::int64_t>(own.size())}, at::kDouble);
    std::copy(own.begin(), own.end(), tensor.mutable_data_ptr<double>());
    std::vector<at::Tensor> tensors{tensor};
    await(m_gloo->allreduce(tensors, waiting<c10d::AllreduceOptions>()));
    std::copy_n(tensor.const_data_ptr<double>(), own.size(), own.begin());
    return own;
}

std::vector<std::vector<double>> C10dTeam::all(const std::vector<double>& own)
{
    std::vector<double> flat(own.size() * static_cast<std::size_t>(m_place.size));
    std::copy(own.begin(), own.end(), flat.begin() + static_cast<std::ptrdiff_t>(own.size()) * m_place.rank);
    flat = sums(std::move(flat));
    std::vector<std::vector<double>> byRank;
    for (int rank = 0; rank < m_place.size; ++rank) {
        const auto begin = flat.begin() + static_cast<std::ptrdiff_t>(own.size()) * rank;
        byRank.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(own.size()));
    }
    return byRank;
}

std::vector<std::string> C10dTeam::texts(const std::string& own)
{
    const std::string prefix = "text/" + std::to_string(m_texts++) + "/";
    Waiting waiting(*this);
    m_line->set(prefix + std::to_string(m_place.rank), own);
    std::vector<std::string> texts;
    for (int rank = 0; rank < m_place.size; ++rank) {
        std::optional<std::string> text;
        while (!(text = m_line->find(prefix + std::to_string(rank)))) {
            waiting.goOn();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        texts.push_back(std::move(*text));
    }
    return texts;
}

void C10dTeam::sum(const at::Tensor& tensor)
{
    throwWhereBroken();
    if (m_nccl && !tensor.is_cpu()) {
        m_nccl->sum(tensor);
        return;
    }
    const at::Tensor host = tensor.to(at::kCPU); // itself where it lies there
    std::vector<at::Tensor> tensors{host};
    await(m_gloo->allreduce(tensors, waiting<c10d::AllreduceOptions>()));
    if (!host.is_same(tensor)) {
        tensor.copy_(host);
    }
}

void C10dTeam::sumBeside(const at::Tensor& tensor)
{
    if (tensor.is_cpu() || !m_nccl) {
        sum(tensor);
        return;
    }
    throwWhereBroken();
    m_nccl->sumBeside(tensor);
}

void C10dTeam::joinSums()
{
    if (m_nccl) {
        m_nccl->joinSums();
    }
}

void C10dTeam::sumPartBeside(const at::Tensor& whole, const at::Tensor& own)
{
    if (!own.is_cpu() && m_nccl) {
        throwWhereBroken();
        m_nccl->sumPartBeside(whole, own);
        return;
    }
    const at::Tensor all = whole.to(own.scalar_type());
    sum(all); // Gloo has no sum of parts in each LibTorch
    own.copy_(all.view({-1}).narrow(0, own.numel() * rank(), own.numel()).view(own.sizes()));
}

void C10dTeam::gatherBeside(const at::Tensor& own, const at::Tensor& whole)
{
    throwWhereBroken();
    if (m_nccl && !own.is_cpu()) {
        m_nccl->gatherBeside(own, whole);
        return;
    }
    const at::Tensor host = whole.is_cpu() ? whole : at::empty(whole.sizes(), at::kByte);
    std::vector<at::Tensor> inputs{own.to(at::kCPU)};
    std::vector<std::vector<at::Tensor>> outputs(1);
    for (int rank = 0; rank < m_place.size; ++rank) {
        outputs.front().push_back(host.narrow(0, rank * own.numel(), own.numel()));
    }
    await(m_gloo->allgather(outputs, inputs, waiting<c10d::AllgatherOptions>()));
    if (!whole.is_cpu()) {
        whole.copy_(host);
    }
}

void C10dTeam::spread(const at::Tensor& tensor)
{
    at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
    std::vector<at::Tensor> tensors{host};
    await(m_gloo->broadcast(tensors, waiting<c10d::BroadcastOptions>()));
    if (!leads() && !host.is_same(tensor)) {
        tensor.detach().copy_(host);
    }
}

void C10dTeam::leave()
{
    m_watch.leave();
    // The store goes with whoever keeps it.
    for (int i = 0; i < 100 && leads() && !m_place.storeIsKept && !m_watch.haveAllLeft() && !m_watch.brokenBy(); ++i) {
        std::this_thread::sleep_for(kSlice);
    }
}

} // namespace

void tellOthers(const RankPlace& asked, const std::string& sentence)
{
    RankPlace place = asked;
    const bool keeps = place.leads() && !place.storeIsKept;
    const auto line = keeps ? StoreLine::keep(place) : StoreLine::connect(place, kToldWithin);
    if (line) { // else there is nobody who could hear it
        tellFailure(**line, place, sentence, keeps ? kToldWithin : std::chrono::seconds(0));
    }
}

Result<std::shared_ptr<Team>> join(const RankPlace& asked, const std::string& device, std::function<void(const std::string&)> onWaiting)
{
    RankPlace place = asked;
    std::unique_ptr<StoreLine> own;
    if (place.leads() && !place.storeIsKept) {
        auto kept = StoreLine::keep(place);
        if (!kept) {
            return kept.error();
        }
        own = std::move(*kept);
    }
    RankPlace reached = place;
    reached.address = own ? "127.0.0.1" : place.address;
    auto ofWatch = StoreLine::connect(reached, reachWithin());
    if (!ofWatch) {
        return ofWatch.error();
    }
    if (!own) {
        auto line = StoreLine::connect(reached, reachWithin());
        if (!line) {
            return line.error();
        }
        own = std::move(*line);
    }
    try {
        auto team = std::make_shared<C10dTeam>(std::move(place), std::move(own), std::move(*ofWatch));
        try {
            if (auto met = team->meet(device, onWaiting); !met) {
                return met.error();
            }
            team->onWaiting(std::move(onWaiting));
        } catch (const std::exception& problem) {
            team->fail(problem.what()); // the others wait for this one
            throw;
        }
        return std::shared_ptr<Team>(std::move(team));
    } catch (const std::exception& problem) {
        return Error{problem.what()};
    }
}

} // namespace luthier::ranks
