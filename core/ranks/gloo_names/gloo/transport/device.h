// SPDX-License-Identifier: GPL-3.0-or-later
// See gloo/context.h.
#pragma once

namespace gloo::transport {

class Device;

class UnboundBuffer {
public:
    virtual ~UnboundBuffer();
};

} // namespace gloo::transport
