#include "bot/env.hpp"

#include <sys/random.h>
#include <time.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>

#include "bot/mutex.hpp"

namespace bot {
namespace {

class SystemClock final : public Clock {
 public:
  Time now() const override { return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()); }
  Millis monotonic() const override { return std::chrono::duration_cast<Millis>(fine()); }
  std::chrono::microseconds fine() const override {
    timespec ts{};
    clock_gettime(CLOCK_BOOTTIME, &ts);
    return std::chrono::microseconds{static_cast<std::int64_t>(ts.tv_sec) * 1000000 + ts.tv_nsec / 1000};
  }
};

/// Reads the kernel's generator in blocks: one system call per 256 bytes, not per number.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override {
    std::uint64_t v = 0;
    fill(reinterpret_cast<char*>(&v), sizeof v);
    return v;
  }
  std::string bytes(std::size_t n) override {
    std::string out(n, '\0');
    fill(out.data(), n);
    return out;
  }

 private:
  void fill(char* to, std::size_t n) {
    Lock lock(mutex_);
    while (n > 0) {
      if (used_ == sizeof block_) {
        if (getrandom(block_, sizeof block_, 0) != static_cast<ssize_t>(sizeof block_)) std::abort();
        used_ = 0;
      }
      const std::size_t k = std::min(n, sizeof block_ - used_);
      std::copy_n(block_ + used_, k, to);
      std::fill_n(block_ + used_, k, '\0');  // a byte given away is not kept
      used_ += k;
      to += k;
      n -= k;
    }
  }
  Mutex mutex_;
  char block_[256] GUARDED_BY(mutex_) = {};
  std::size_t used_ GUARDED_BY(mutex_) = sizeof block_;
};

class SystemIds final : public IdSource {
 public:
  SystemIds(Clock& clock, Random& random) : clock_(clock), random_(random) {}
  std::string next() override {
    const auto ms = static_cast<std::uint64_t>(clock_.now().time_since_epoch().count());
    const std::uint64_t high = (ms << 16) | 0x7000u | (random_.next() & 0x0fffu);
    const std::uint64_t low = (random_.next() & 0x3fffffffffffffffull) | 0x8000000000000000ull;
    static constexpr char digits[] = "0123456789abcdef";
    std::string out(32, '0');
    for (int i = 0; i < 16; ++i) {
      out[static_cast<std::size_t>(i)] = digits[(high >> (60 - 4 * i)) & 15];
      out[static_cast<std::size_t>(16 + i)] = digits[(low >> (60 - 4 * i)) & 15];
    }
    return out;
  }

 private:
  Clock& clock_;
  Random& random_;
};

struct Parts { int year; unsigned month, day; int hour, minute, second, milli; };

Parts parts(Time t) {
  using namespace std::chrono;
  const auto day = floor<days>(t);
  const year_month_day ymd{day};
  const auto rest = t - day;
  const auto s = duration_cast<seconds>(rest).count();
  return {int{ymd.year()}, unsigned{ymd.month()}, unsigned{ymd.day()}, static_cast<int>(s / 3600), static_cast<int>(s / 60 % 60),
          static_cast<int>(s % 60), static_cast<int>(rest.count() % 1000)};
}

bool digits_at(const std::string& s, std::size_t at, std::size_t n, int& out) {
  if (at + n > s.size()) return false;
  out = 0;
  for (std::size_t i = at; i < at + n; ++i) {
    if (s[i] < '0' || s[i] > '9') return false;
    out = out * 10 + (s[i] - '0');
  }
  return true;
}

}  // namespace

std::unique_ptr<Clock> system_clock() { return std::make_unique<SystemClock>(); }
std::unique_ptr<Random> system_random() { return std::make_unique<SystemRandom>(); }
std::unique_ptr<IdSource> system_ids(Clock& clock, Random& random) { return std::make_unique<SystemIds>(clock, random); }

std::string iso8601(Time t) {
  const Parts p = parts(t);
  char out[80];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", p.year, p.month, p.day, p.hour, p.minute, p.second, p.milli);
  return out;
}

std::string clock_text(Time t) {
  const Parts p = parts(t);
  char out[48];
  std::snprintf(out, sizeof out, "%02d:%02d:%02d", p.hour, p.minute, p.second);
  return out;
}

std::string date_text(Time t) {
  const Parts p = parts(t);
  char out[48];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u", p.year, p.month, p.day);
  return out;
}

std::string duration_text(Millis d) {
  const std::int64_t s = std::max<std::int64_t>(0, d.count() / 1000);
  auto two = [](std::int64_t a, const char* ua, std::int64_t b, const char* ub) {
    std::string out = std::to_string(a) + ua;
    if (b > 0) out += " " + std::to_string(b) + ub;
    return out;
  };
  if (s < 60) return std::to_string(s) + " s";
  if (s < 3600) return std::to_string(s / 60) + " min";
  if (s < 86400) return two(s / 3600, " h", s / 60 % 60, " min");
  return two(s / 86400, " d", s / 3600 % 24, " h");
}

bool parse_iso8601(const std::string& s, Time& out) {
  using namespace std::chrono;
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, se = 0;
  if (s.size() < 20 || !digits_at(s, 0, 4, y) || s[4] != '-' || !digits_at(s, 5, 2, mo) || s[7] != '-' || !digits_at(s, 8, 2, d) ||
      (s[10] != 'T' && s[10] != 't' && s[10] != ' ') || !digits_at(s, 11, 2, h) || s[13] != ':' || !digits_at(s, 14, 2, mi) || s[16] != ':' ||
      !digits_at(s, 17, 2, se))
    return false;
  const year_month_day ymd{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!ymd.ok() || h > 23 || mi > 59 || se > 60) return false;
  std::size_t at = 19;
  std::int64_t milli = 0;
  if (at < s.size() && s[at] == '.') {
    std::int64_t scale = 100;
    const std::size_t first = ++at;
    while (at < s.size() && s[at] >= '0' && s[at] <= '9') {
      milli += (s[at] - '0') * scale;
      scale /= 10;
      ++at;
    }
    if (at == first) return false;
  }
  std::int64_t offset_minutes = 0;
  if (at < s.size() && (s[at] == 'Z' || s[at] == 'z')) {
    ++at;
  } else if (at < s.size() && (s[at] == '+' || s[at] == '-')) {
    int oh = 0, om = 0;
    if (!digits_at(s, at + 1, 2, oh) || at + 3 >= s.size() || s[at + 3] != ':' || !digits_at(s, at + 4, 2, om) || oh > 23 || om > 59) return false;
    offset_minutes = (oh * 60 + om) * (s[at] == '-' ? -1 : 1);
    at += 6;
  } else {
    return false;
  }
  if (at != s.size()) return false;
  out = Time{sys_days{ymd}} + hours{h} + minutes{mi} + seconds{se} + Millis{milli} - minutes{offset_minutes};
  return true;
}

}  // namespace bot
