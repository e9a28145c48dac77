// SPDX-License-Identifier: GPL-3.0-or-later
// StopTexts: lets text through piece by piece, holding back what may turn out to begin a stop text. Torch-
// free.
#pragma once

#include <string>
#include <vector>

namespace luthier::inference {

class StopTexts {
public:
    explicit StopTexts(std::vector<std::string> stops);

    // What became certain to belong to the answer.
    std::string push(const std::string& piece);
    // What was held back, once nothing more comes.
    std::string finish();
    bool isStopped() const { return m_stopped; } // a stop text was met; nothing comes any more

private:
    std::vector<std::string> m_stops;
    std::string m_held;
    bool m_stopped = false;
};

} // namespace luthier::inference
