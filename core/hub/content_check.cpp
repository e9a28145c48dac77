// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hub/content_check.h"

#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <vector>

namespace luthier::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kSha256Digits = 64;
constexpr std::size_t kSha1Digits = 40;
constexpr std::size_t kBlock = std::size_t{1} << 20;

bool isHex(const std::string& text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string hex(const unsigned char* bytes, unsigned size)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text += kDigits[bytes[i] >> 4];
        text += kDigits[bytes[i] & 15];
    }
    return text;
}

} // namespace

Result<ContentState> checkContent(const fs::path& path, const std::string& etag, const base::CancelToken& cancel)
{
    const bool isSha256 = etag.size() == kSha256Digits && isHex(etag);
    const bool isSha1 = etag.size() == kSha1Digits && isHex(etag);
    if (!isSha256 && !isSha1) {
        return ContentState::Unchecked;
    }
    std::error_code code;
    const auto size = fs::file_size(path, code);
    std::ifstream file(path, std::ios::binary);
    if (code || !file) {
        return Error{path.string() + ": cannot open it to check its content"};
    }
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    EVP_DigestInit_ex(context.get(), isSha256 ? EVP_sha256() : EVP_sha1(), nullptr);
    if (isSha1) {
        const std::string head = "blob " + std::to_string(size);
        EVP_DigestUpdate(context.get(), head.c_str(), head.size() + 1); // the zero belongs to it
    }
    std::vector<char> block(kBlock);
    while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        EVP_DigestUpdate(context.get(), block.data(), static_cast<std::size_t>(file.gcount()));
    }
    if (file.bad()) {
        return Error{path.string() + ": reading it failed; check the disk"};
    }
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_DigestFinal_ex(context.get(), digest, &length);
    return hex(digest, length) == etag ? ContentState::Good : ContentState::Wrong;
}

} // namespace luthier::hub
