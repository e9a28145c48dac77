// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/away/control_forwarder.h"

#include <chrono>
#include <utility>

namespace luthier::away {

namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(100);

Json requestOf(const train::HeldRequest& asked)
{
    if (const auto* rate = std::get_if<train::RateAsked>(&asked)) {
        return {{"do", "rate"}, {"learning_rate", rate->learningRate}};
    }
    return {{"do", "try"}, {"prompt", std::get<train::PromptAsked>(asked).prompt}};
}

} // namespace

ControlForwarder::ControlForwarder(train::StopControl& control, Send send)
    : m_control(control), m_send(std::move(send)), m_thread([this](const std::stop_token& stop) { work(stop); })
{
}

ControlForwarder::~ControlForwarder()
{
    m_thread.request_stop();
    m_control.setHeld(false); // it may wait for that
}

void ControlForwarder::onEvent(const train::Event& event)
{
    if (const auto* stage = std::get_if<train::StageChanged>(&event); stage && stage->stage == "held") {
        m_heldItself = true;
        m_toldHeld = true;
        m_control.setHeld(true);
    } else if (std::holds_alternative<train::StepDone>(event) && m_heldItself.exchange(false)) {
        m_toldHeld = false;
        m_control.setHeld(false);
    }
}

void ControlForwarder::work(const std::stop_token& stop)
{
    bool stopTold = false;
    while (!stop.stop_requested()) {
        if (m_control.stopRequested() && !std::exchange(stopTold, true)) {
            m_send({{{"do", m_control.parkRequested() ? "park" : m_control.keepRequested() ? "keep" : "stop"}}});
        }
        if (const bool held = m_control.isHeld(); !stopTold && held != m_toldHeld.exchange(held)) {
            m_send({{{"do", held ? "hold" : "go"}}});
        }
        if (!stopTold && m_control.hasRequests()) {
            m_control.waitWhileHeld([this](const train::HeldRequest& asked) { m_send({requestOf(asked)}); });
        } else if (stopTold) {
            std::this_thread::sleep_for(kLookEvery);
        } else {
            m_control.waitForStop(kLookEvery);
        }
    }
}

} // namespace luthier::away
